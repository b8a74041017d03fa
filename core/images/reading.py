"""Reading a picture from bytes that nobody vouches for.

The content decides what a file is, not its name. Only formats that Pillow decodes by itself are
tried, sizes are checked before pixels are decoded, and what comes out is always upright RGB.
"""

from __future__ import annotations

import io
import warnings
from typing import NoReturn

import numpy as np
from PIL import Image, ImageOps

from core.errors import PictureError
from core.settings import Settings

FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM")
SUFFIXES = {
    "JPEG": ".jpg",
    "MPO": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "GIF": ".gif",
    "BMP": ".bmp",
    "TIFF": ".tif",
    "AVIF": ".avif",
    "PPM": ".ppm",
}
MIN_SIDE_PX = 8
_HINT = "The file was left alone; convert or replace it if you need it."


def read_picture(data: bytes, settings: Settings, near_px: int | None = None) -> Image.Image:
    """Decode one picture: upright, RGB, first frame, transparency on white.

    Args:
        data: the bytes of the file.
        near_px: a JPEG may be decoded at a reduced scale, as long as both its sides stay at
            least this long (several times faster for photos from a camera).

    Raises:
        PictureError: it is not a picture, is damaged, or is beyond the limits.
    """
    if len(data) > settings.max_file_bytes:
        _refuse(f"larger than {settings.max_file_bytes // 1_000_000} MB")
    with warnings.catch_warnings():
        # Pillow warns of sizes that _check_size refuses, and of odd metadata that is not used.
        warnings.simplefilter("ignore")
        image = _open(data)
        _check_size(image, settings)
        return _decode(image, near_px)


def picture_format(data: bytes) -> tuple[str, int, int]:
    """Suffix for the file, and its upright width and height in pixels, from the header alone.

    Raises:
        PictureError: it is not a picture.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = _open(data)
        width, height = image.size
        if image.getexif().get(0x0112) in (5, 6, 7, 8):  # the rotations by a quarter turn
            width, height = height, width
    return SUFFIXES[str(image.format)], width, height


def _open(data: bytes) -> Image.Image:
    if not data:
        _refuse("the file is empty")
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        _refuse("far too many pixels")
    except Exception as error:  # Pillow's decoders raise nearly everything on damaged headers
        raise PictureError("not a picture that can be opened", _HINT) from error


def _check_size(image: Image.Image, settings: Settings) -> None:
    width, height = image.size
    if min(width, height) < MIN_SIDE_PX:
        _refuse(f"too small to learn from ({width} x {height} px)")
    if width * height > settings.max_pixels:
        _refuse(f"too many pixels ({width} x {height}; limit {settings.max_pixels / 1e6:.0f} M)")


def _decode(image: Image.Image, near_px: int | None) -> Image.Image:
    try:
        if near_px is not None and image.format == "JPEG":
            image.draft("RGB", (near_px, near_px))
        image.seek(0)
        image.load()
        return _to_rgb(ImageOps.exif_transpose(image))
    except Exception as error:  # the same: a damaged file can fail anywhere in a decoder
        reason = "truncated" if "truncated" in str(error).lower() else "damaged"
        raise PictureError(f"{reason}: its pixels cannot be decoded", _HINT) from error


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(_to_8_bits(np.asarray(image)))
    if image.mode == "RGB":
        return image
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        page = Image.new("RGBA", layer.size, "white")
        image = Image.alpha_composite(page, layer)
    return image.convert("RGB")


def _to_8_bits(values: np.ndarray) -> np.ndarray:
    """Integer pictures are taken as 16 bits deep; others are stretched to their own range."""
    if np.issubdtype(values.dtype, np.integer) and values.min() >= 0 and values.max() < 65536:
        return (values >> 8 if values.max() > 255 else values).astype(np.uint8)
    finite = np.nan_to_num(values.astype(np.float64))
    low, high = float(finite.min()), float(finite.max())
    return ((finite - low) * (255.0 / max(high - low, 1e-12))).astype(np.uint8)


def _refuse(reason: str) -> NoReturn:
    raise PictureError(reason, _HINT)
