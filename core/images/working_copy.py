"""The working copy: the one picture that pages show, training reads and the bundle is fed.

Serving makes the same copy of what a visitor sends, so the studio and the served classifier see
the same pixels for the same file.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from core.errors import WorkspaceError, from_os_error
from core.images.allowance import ANYTHING, Allowance
from core.images.camera import Shot
from core.images.demand import decoded_bytes
from core.images.fingerprint import Fingerprint, fingerprint
from core.images.reading import (
    Picture,
    decode_grey,
    decode_picture,
    open_picture,
)
from core.images.sound import SOUNDS, is_sound, read_sound
from core.settings import Settings
from core.workspace import Workspace

SHORT_SIDE_PX = 320
# Resizing costs more than all the rest together, so it is left out where that is good enough: a
# picture is kept up to the first short side, and a JPEG's decoder may halve it down to the second,
# which is what a network of 224 px sees of it.
KEPT_SIDE_PX, DECODED_SIDE_PX = 400, 256
LONG_SIDE_PX = 2048  # a panorama may have a shorter short side
QUALITY = 90
THUMBNAIL_PX, THUMBNAIL_QUALITY = 160, 80
MAX_CACHE_BYTES = 300_000_000
PLAIN_HEADER = ("APP0", 14)  # JFIF; further headers hold EXIF, profiles, comments, thumbnails
REPAIR = "Repair the files of this workspace: on the Dataset page, in the section Check."
END_OF_JPEG = b"\xff\xd9"


@dataclass(frozen=True)
class PictureFacts:
    """What is known of a file that was read.

    Attributes:
        id: SHA-256 of its bytes, in hex.
        suffix: what the content is, as a file suffix.
        width_px, height_px: of the upright original.
        fingerprint: to tell near-duplicates.
        shot: when and by which camera it was taken, where the file says so.
    """

    id: str
    suffix: str
    width_px: int
    height_px: int
    fingerprint: Fingerprint
    shot: Shot | None = None


def read_file(
    data: bytes, settings: Settings, allowance: Allowance = ANYTHING
) -> tuple[PictureFacts, bytes]:
    """Identify a file and make its working copy (JPEG bytes; `data` itself if it is one).

    Raises:
        PictureError: it cannot be used as a picture.
    """
    picture, copy = _read(data, settings, allowance)
    sound = picture.suffix in SOUNDS
    look = fingerprint(picture.pixels)
    if look.blank or sound:  # equals are told by the pixels that are kept
        look = fingerprint(open_copy(copy), only_equals=sound)
    image_id = hashlib.sha256(data).hexdigest()
    size = (picture.width_px, picture.height_px)
    return PictureFacts(image_id, picture.suffix, *size, look, picture.shot), copy


def working_copy(data: bytes, settings: Settings, allowance: Allowance = ANYTHING) -> bytes:
    """JPEG bytes of the upright RGB picture, metadata dropped. One whose short side is above 400 px
    is made smaller: to 320, or a JPEG by its decoder to something from 256 to 400.

    A file that is all this already is its own working copy, so copying a copy changes nothing.

    Raises:
        PictureError: it cannot be used as a picture.
    """
    return _read(data, settings, allowance)[1]


def copied_pixels(data: bytes, settings: Settings, allowance: Allowance = ANYTHING) -> Image.Image:
    """The RGB pixels of the working copy of a file: those of `open_copy(working_copy(...))`, but a
    file that is its own working copy is decoded once.

    Raises:
        PictureError: it cannot be used as a picture.
    """
    picture, copy = _read(data, settings, allowance, decode_picture)
    return picture.pixels if copy is data else open_copy(copy)


def _read(
    data: bytes,
    settings: Settings,
    allowance: Allowance,
    decode: Callable[[Image.Image], Picture] = decode_grey,
) -> tuple[Picture, bytes]:
    """What a file holds, its pixels as small as in the working copy, and the working copy.

    Args:
        decode: what to decode of a file that is its own working copy.
    """
    if is_sound(data):
        picture = read_sound(data, settings)
        return picture, _encode(picture.pixels)
    image = open_picture(data, settings, allowance)
    with allowance.hold(decoded_bytes(image, DECODED_SIDE_PX)):
        if _is_working_copy(image, data):
            return decode(image), data
        picture = decode_picture(image, near_px=DECODED_SIDE_PX)
        picture = replace(picture, pixels=_shrink(picture.pixels))
    return picture, _encode(picture.pixels)


def _encode(picture: Image.Image) -> bytes:
    picture.info.clear()  # Pillow would write a comment again
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _is_working_copy(image: Image.Image, data: bytes) -> bool:
    small = min(image.size) <= KEPT_SIDE_PX and max(image.size) <= LONG_SIDE_PX
    if not isinstance(image, JpegImageFile) or image.mode != "RGB" or not small:
        return False
    headers = [(name, len(content)) for name, content in image.applist]
    ends_there = data.find(END_OF_JPEG) == len(data) - len(END_OF_JPEG)  # phones append films
    return headers == [PLAIN_HEADER] and ends_there


def open_copy(data: bytes) -> Image.Image:
    """The RGB pixels of a working copy."""
    return Image.open(io.BytesIO(data), formats=("JPEG",)).convert("RGB")


def read_copy(workspace: Workspace, image_id: str) -> Image.Image:
    """The RGB pixels of an image's working copy.

    Raises:
        WorkspaceError: it is gone or cannot be read.
    """
    return _load(workspace, image_id)[1]


def whole_copy(workspace: Workspace, image_id: str) -> bytes:
    """The bytes of an image's working copy, which can be decoded.

    Raises:
        WorkspaceError: as for `read_copy`.
    """
    return _load(workspace, image_id)[0]


class CopyCache:
    """Decoded working copies, kept as long as there is room: the first ones stay. For threads."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._images: dict[str, Image.Image] = {}
        self._free_bytes = MAX_CACHE_BYTES

    def read(self, image_id: str) -> Image.Image:
        """The RGB pixels of an image's working copy; not to be changed.

        Raises:
            WorkspaceError: it is gone or cannot be read.
        """
        image = self._images.get(image_id)
        if image is None:
            image = read_copy(self._workspace, image_id)
            size = 4 * image.width * image.height  # Pillow keeps RGB in four bytes
            if size <= self._free_bytes:
                self._free_bytes -= size
                self._images[image_id] = image
        return image


def thumbnail(copy: bytes) -> bytes:
    """A working copy made smaller, for a grid of many: a JPEG of a half, a quarter or an eighth of
    the size, both sides at least `THUMBNAIL_PX`.

    The decoder leaves out what is not needed, which takes 0.6 ms where resizing takes 2. A copy
    that is small already keeps its size; a damaged one comes back as it is: browsers show what
    they can.
    """
    try:
        image = Image.open(io.BytesIO(copy), formats=("JPEG",))
        image.draft("RGB", (THUMBNAIL_PX, THUMBNAIL_PX))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=THUMBNAIL_QUALITY)
    except Exception:  # noqa: BLE001 - Pillow's decoders raise nearly everything on damaged files
        return copy
    return buffer.getvalue()


def small_copy(workspace: Workspace, image_id: str) -> bytes | None:
    """The JPEG of `thumbnail`; None where the working copy is gone."""
    try:
        return thumbnail(workspace.copy(image_id).read_bytes())
    except FileNotFoundError:
        return None


def _load(workspace: Workspace, image_id: str) -> tuple[bytes, Image.Image]:
    try:
        data = workspace.copy(image_id).read_bytes()
    except FileNotFoundError as error:
        message = f"The working copy of the picture {image_id[:12]} is gone."
        raise WorkspaceError(message, REPAIR, "gone") from error
    except OSError as error:
        raise from_os_error(error, f"reading the picture {image_id[:12]}") from error
    try:
        return data, open_copy(data)
    except Exception as error:  # Pillow's decoders raise nearly everything on damaged files
        raise WorkspaceError(
            f"The working copy of the picture {image_id[:12]} is damaged.", REPAIR
        ) from error


def _shrink(image: Image.Image) -> Image.Image:
    width, height = image.size
    if min(width, height) <= KEPT_SIDE_PX and max(width, height) <= LONG_SIDE_PX:
        return image
    scale = min(1.0, SHORT_SIDE_PX / min(width, height), LONG_SIDE_PX / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return image.resize(size, Image.Resampling.BICUBIC)
