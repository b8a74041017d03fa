"""Reading a picture from bytes that nobody vouches for.

The content decides what a file is, not its name. Only formats that Pillow decodes by itself are
tried, sizes are checked before pixels are decoded, and what comes out is always upright RGB.
"""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, NoReturn

from PIL import Image, ImageFile

from core.errors import FileFault, PictureError
from core.images.allowance import ANYTHING, Allowance
from core.images.camera import Shot, read_shot
from core.images.demand import decoded_bytes, has_more_scans, most_scans, pixels_at_once
from core.images.directories import limit_directories
from core.images.rgb import to_rgb
from core.settings import Settings

# Pillow warns of sizes that are refused here, and of odd metadata that is not used.
warnings.filterwarnings("ignore", module=r"PIL\.")
limit_directories()

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM")
SUFFIXES = {
    "JPEG": ".jpg",
    "MPO": ".jpg",  # what Pillow makes of a JPEG with further pictures inside
    "PNG": ".png",
    "WEBP": ".webp",
    "GIF": ".gif",
    "BMP": ".bmp",
    "TIFF": ".tif",
    "AVIF": ".avif",
    "PPM": ".ppm",
}
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation: what to do to see the picture upright."""
QUARTER_TURNS = (5, 6, 7, 8)
MIN_SIDE_PX = 8
MOST_SIDE_PX = 65_535
"""As long as a JPEG can be. Pillow reads rows of some formats one after another, by Python."""
_HINT = "The file was left alone; convert or replace it if you need it."


@dataclass(frozen=True, eq=False)
class Picture:
    """What a file holds.

    Attributes:
        pixels: upright, RGB, first frame, transparency on white; perhaps at a reduced scale.
        suffix: what the content is, as a file suffix.
        width_px, height_px: upright, in full size.
        shot: what the camera wrote down, if a camera did.
    """

    pixels: Image.Image
    suffix: str
    width_px: int
    height_px: int
    shot: Shot | None


class _TimedFile(io.BytesIO):
    """A file that gives up in time: decoders written in C come back for every block."""

    def __init__(self, data: bytes, allowance: Allowance) -> None:
        super().__init__(data)
        self._deadline_s = allowance.deadline_s
        self._work_until_s = time.thread_time() + allowance.work_s

    def read(self, size: int | None = -1) -> bytes:
        if time.monotonic() > self._deadline_s or time.thread_time() > self._work_until_s:
            _refuse("takes too long to decode", "takes too long")
        return super().read(size)


def read_picture(
    data: bytes, settings: Settings, near_px: int | None = None, allowance: Allowance = ANYTHING
) -> Picture:
    """Decode one picture; its header is read once. As `open_picture`, then `decode_picture`.

    Raises:
        PictureError: it is not a picture, is damaged, is beyond the limits, or takes too long.
    """
    image = open_picture(data, settings, allowance)
    with allowance.hold(decoded_bytes(image, near_px)):
        return decode_picture(image, near_px)


def open_picture(
    data: bytes, settings: Settings, allowance: Allowance = ANYTHING
) -> ImageFile.ImageFile:
    """What Pillow makes of the header; no pixel is decoded yet. It is decoded by the same thread.

    Args:
        allowance: reading and decoding end with its time.

    Raises:
        PictureError: it is not a picture, or is beyond the limits.
    """
    if not data:
        _refuse("the file is empty", "empty")
    if len(data) > settings.max_file_bytes:
        _refuse(f"larger than {settings.max_file_bytes // 1_000_000} MB", "too large")
    _lift_pillows_limit(settings.max_pixels)
    image = _open(_TimedFile(data, allowance))
    _check_size(image, settings)
    with _damage_in_words():
        too_many = has_more_scans(image, data)
    if too_many:
        _refuse(f"a JPEG of more than {most_scans(image)} scans", "too many scans")
    return image


def decode_picture(image: Image.Image, near_px: int | None = None) -> Picture:
    """The pixels of a picture that was opened.

    Args:
        near_px: a JPEG may be decoded at a reduced scale, as long as both its sides stay at
            least this long (several times faster for photos from a camera).

    Raises:
        PictureError: it is damaged.
    """
    width, height = image.size
    suffix = SUFFIXES[str(image.format)]
    with _damage_in_words():
        if near_px is not None and image.format == "JPEG":
            image.draft("RGB", (near_px, near_px))
        pixels, orientation = _decode(image)
    if orientation in QUARTER_TURNS:
        width, height = height, width
    return Picture(pixels, suffix, width, height, read_shot(image.info.get("exif")))


def decode_grey(image: Image.Image) -> Picture:
    """The grey levels of an upright JPEG that was opened, in full size: the file is read to its
    end, but colours are not computed, which takes more than half of the time.

    Raises:
        PictureError: it is damaged.
    """
    with _damage_in_words():
        image.draft("L", image.size)
        image.load()
    return Picture(image, SUFFIXES["JPEG"], *image.size, None)


def _lift_pillows_limit(max_pixels: int) -> None:
    """Pillow refuses from twice this number on: let that never be below the setting."""
    Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, max_pixels)


def _open(file: _TimedFile) -> ImageFile.ImageFile:
    try:
        return Image.open(file, formats=FORMATS)
    except PictureError:
        raise
    except Image.DecompressionBombError:
        _refuse("far too many pixels", "too many pixels")
    except Exception as error:  # Pillow's decoders raise nearly everything on damaged headers
        raise PictureError("not a picture that can be opened", _HINT, "no picture") from error


def _check_size(image: ImageFile.ImageFile, settings: Settings) -> None:
    width, height = image.size
    if min(width, height) < MIN_SIDE_PX:
        _refuse(f"too small to learn from ({width} x {height} px)", "too small")
    if max(width, height) > MOST_SIDE_PX:
        limit = f"limit {MOST_SIDE_PX:,}"
        _refuse(f"too many pixels in a row ({width} x {height}; {limit})", "too many pixels")
    if pixels_at_once(image) > settings.max_pixels:
        limit = f"limit {settings.max_pixels / 1e6:.0f} M"
        _refuse(f"too many pixels ({width} x {height}; {limit})", "too many pixels")


def _decode(image: Image.Image) -> tuple[Image.Image, int]:
    image.seek(0)
    image.load()
    orientation = _orientation(image)  # after the pixels: a PNG may keep it behind them
    turn = TURNS.get(orientation)
    return to_rgb(image if turn is None else image.transpose(turn)), orientation


@contextmanager
def _damage_in_words() -> Iterator[None]:
    try:
        yield
    except PictureError:
        raise
    except Exception as error:  # a damaged file can fail anywhere in a decoder
        kind = _kind_of_damage(error)
        raise PictureError(f"{kind}: its pixels cannot be decoded", _HINT, kind) from error


def _kind_of_damage(error: Exception) -> Literal["damaged", "truncated"]:
    """What a decoder means. Pillow raises the same OSError for a file that ends too early as for
    one whose pixels are wrong, so its words, in English in all versions, are all there is.
    """
    return "truncated" if "truncated" in str(error).lower() else "damaged"


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation that is still to be applied; Pillow applies that of a TIFF itself."""
    value = None if image.format == "TIFF" else image.getexif().get(0x0112)
    return value if isinstance(value, int) else 1


def _refuse(reason: str, kind: FileFault) -> NoReturn:
    raise PictureError(reason, _HINT, kind)
