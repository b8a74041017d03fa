"""Copies of pictures as they come about: smaller, coded again, trimmed, mirrored, written on."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from core.dataset.folder import find_in_folder
from core.dataset.new_pictures import NewPicture
from core.settings import Settings

MOST_A_KIND = 50
QUALITY = 90


@dataclass(frozen=True)
class Planted:
    """A copy that was planted: its path, and the path of the picture it is made of."""

    kind: str
    item: NewPicture
    source: str


def pictures_in(folder: Path, settings: Settings) -> list[NewPicture]:
    """What a folder holds, in the order of its paths, equal files once, as an import takes them.

    Raises:
        StudioError: there is no such folder, or no picture in it.
    """
    by_content = {hashlib.sha256(p.read()).digest(): p for p in find_in_folder(folder, settings)[0]}
    return sorted(by_content.values(), key=lambda picture: picture.path)


def plant(pictures: Sequence[NewPicture]) -> Iterator[Planted]:
    """At most 50 copies of each kind, of pictures chosen by chance; no picture has two."""
    chosen = np.random.default_rng(0).permutation(len(pictures))
    each = min(MOST_A_KIND, len(pictures) // len(KINDS))
    for number, (kind, changed) in enumerate(KINDS.items()):
        for k in chosen[number * each : (number + 1) * each]:
            source = pictures[k]
            path = f"{Path(source.path).parent}/planted {kind} {k}.jpg"
            data = encoded(changed(decoded(source)), 30 if kind == "quality 30" else QUALITY)
            yield Planted(kind, NewPicture(path, source.label, None, lambda d=data: d), source.path)


def decoded(item: NewPicture) -> Image.Image:
    """The upright picture, RGB."""
    with Image.open(io.BytesIO(item.read())) as picture:
        return ImageOps.exif_transpose(picture).convert("RGB")


def encoded(picture: Image.Image, quality: int = QUALITY) -> bytes:
    """JPEG."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _half(picture: Image.Image) -> Image.Image:
    return picture.resize((max(1, picture.width // 2), max(1, picture.height // 2)))


def _same(picture: Image.Image) -> Image.Image:
    return picture


def _trimmed(picture: Image.Image) -> Image.Image:
    right, below = round(picture.width * 0.05), round(picture.height * 0.05)
    return picture.crop((right, below, picture.width - right, picture.height - below))


def _one_side(picture: Image.Image) -> Image.Image:
    return picture.crop((round(picture.width * 0.05), 0, picture.width, picture.height))


def _brightened(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(1.2)


def _text(picture: Image.Image) -> Image.Image:
    """A watermark across the middle, as picture agencies have it."""
    written = picture.copy()
    font = ImageFont.load_default(max(6, picture.width // 8))
    middle = picture.width // 2, picture.height // 2
    ImageDraw.Draw(written).text(middle, "SAMPLE", (255, 255, 255), font, anchor="mm")
    return Image.blend(picture, written, 0.8)


def _colour_cast(picture: Image.Image) -> Image.Image:
    """As under a lamp: more red, less blue."""
    red, green, blue = picture.split()
    bands = red.point(lambda v: min(255, v * 1.15)), green, blue.point(lambda v: v * 0.8)
    return Image.merge("RGB", bands)


KINDS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "half size": _half,
    "quality 30": _same,
    "trimmed 5 %": _trimmed,
    "one side 5 %": _one_side,
    "mirrored": ImageOps.mirror,
    "brightened": _brightened,
    "text": _text,
    "colour cast": _colour_cast,
}
