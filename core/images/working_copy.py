"""The working copy: the one picture that pages show, training reads and the bundle is fed.

Serving makes the same copy of what a visitor sends, so the studio and the served classifier see
the same pixels for the same file.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

from PIL import Image

from core.errors import from_os_error
from core.images.reading import picture_format, read_picture
from core.settings import Settings
from core.workspace import Workspace

SHORT_SIDE_PX = 320
LONG_SIDE_PX = 2048  # a panorama may have a shorter short side
QUALITY = 90
PLAIN = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi", "progressive", "progression"}
"""What Pillow tells of a JPEG that holds nothing but the picture (no EXIF, profile, comment)."""


@dataclass(frozen=True)
class PictureFacts:
    """What is known of a file that was read.

    Attributes:
        id: SHA-256 of its bytes, in hex.
        suffix: what the content is, as a file suffix.
        width_px, height_px: of the upright original.
    """

    id: str
    suffix: str
    width_px: int
    height_px: int


def read_file(data: bytes, settings: Settings) -> tuple[PictureFacts, bytes]:
    """Identify a file and make its working copy (JPEG bytes).

    Raises:
        PictureError: it cannot be used as a picture.
    """
    copy = working_copy(data, settings)
    suffix, width_px, height_px = picture_format(data)
    return PictureFacts(hashlib.sha256(data).hexdigest(), suffix, width_px, height_px), copy


def working_copy(data: bytes, settings: Settings) -> bytes:
    """JPEG bytes of the upright RGB picture, short side at most 320 px, metadata dropped.

    A file that is all this already is its own working copy, so copying a copy changes nothing.

    Raises:
        PictureError: it cannot be used as a picture.
    """
    picture = read_picture(data, settings, near_px=2 * SHORT_SIDE_PX)
    if _is_working_copy(data):
        return data
    buffer = io.BytesIO()
    _shrink(picture).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _is_working_copy(data: bytes) -> bool:
    image = Image.open(io.BytesIO(data))
    small = min(image.size) <= SHORT_SIDE_PX and max(image.size) <= LONG_SIDE_PX
    return image.format == "JPEG" and image.mode == "RGB" and small and set(image.info) <= PLAIN


def open_copy(data: bytes) -> Image.Image:
    """The RGB pixels of a working copy."""
    return Image.open(io.BytesIO(data), formats=("JPEG",)).convert("RGB")


def read_copy(workspace: Workspace, image_id: str) -> Image.Image:
    """The RGB pixels of an image's working copy.

    Raises:
        WorkspaceError: it is gone or cannot be read.
    """
    try:
        return open_copy(workspace.copy(image_id).read_bytes())
    except OSError as error:
        raise from_os_error(error, f"reading the picture {image_id[:12]}") from error


def _shrink(image: Image.Image) -> Image.Image:
    width, height = image.size
    scale = min(1.0, SHORT_SIDE_PX / min(width, height), LONG_SIDE_PX / max(width, height))
    if scale == 1.0:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return image.resize(size, Image.Resampling.BICUBIC)
