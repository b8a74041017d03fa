"""Which camera took a picture, as its file says."""

from __future__ import annotations

from pathlib import Path

from PIL import ExifTags, Image

from core.images.directories import limit_directories

limit_directories()

FORMATS = ("JPEG", "TIFF", "MPO")
LONGEST = 60


def camera_of(file: Path) -> str:
    """Maker and model; "" where the file says nothing, or is gone or damaged."""
    try:
        with Image.open(file, formats=FORMATS) as image:
            exif = image.getexif()
        parts = (exif.get(ExifTags.Base.Make), exif.get(ExifTags.Base.Model))
        return " ".join(str(part).strip("\0 ") for part in parts if part)[:LONGEST]
    except Exception:  # noqa: BLE001 - Pillow raises nearly everything on damaged headers
        return ""
