"""Fingerprints of pictures: near for copies that were resized, re-encoded, trimmed or brightened.

A fingerprint is a small grey thumbnail. Two things are made of it to compare, each for the picture
as it is, mirrored and trimmed: the perceptual hash of C. Zauner, "Implementation and Benchmarking
of Perceptual Image Hash Functions" (2010), section 3.2.1 (pHash), which finds candidates quickly,
and the edges, which tell them apart.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

Way = Literal[
    "as it is",
    "mirrored",
    "trimmed",
    "without its left",
    "without its right",
    "without its top",
    "without its bottom",
]
SIDE_PX = 32
TRIM = 0.05  # of a side
FREQUENCIES = 8
BLOCK = 512  # thumbnails at a time: 4 MB
REDUCING_GAP = 2.0  # shrinks by a whole number first: half the time, and the same to the eye
BLANK_STD = 4.0
"""Standard deviation in grey levels (of 255) below which a picture is blank: its hash is noise."""


@dataclass(frozen=True)
class Fingerprint:
    """What is remembered of a picture to compare it with others.

    Attributes:
        thumbnail: 32 x 32 grey levels, row by row.
        blank: SHA-256 of the pixels, in hex, of a picture with nothing to see on it, which only
            resembles its equals; empty for others.
    """

    thumbnail: bytes
    blank: str


def fingerprint(picture: Image.Image, only_equals: bool = False) -> Fingerprint:
    """The fingerprint of a working copy, or of its grey levels; the shape does not count.

    Args:
        only_equals: take it as blank, so that it resembles its equals only: spectrograms of
            different sounds look alike to a small thumbnail.
    """
    grey = picture if picture.mode == "L" else picture.convert("L")
    thumbnail = grey.resize(
        (SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR, reducing_gap=REDUCING_GAP
    ).tobytes()
    levels_n = np.frombuffer(thumbnail, np.uint8).astype(np.float32)
    mean = levels_n.sum() / len(levels_n)
    if not only_equals and levels_n @ levels_n >= len(levels_n) * (mean * mean + BLANK_STD**2):
        return Fingerprint(thumbnail, "")
    pixels = f"{picture.size}".encode() + picture.tobytes()
    return Fingerprint(thumbnail, hashlib.sha256(pixels).hexdigest())


def hashes(thumbnails_nhw: np.ndarray) -> dict[Way, np.ndarray]:
    """Perceptual hashes of grey thumbnails, each way of looking at them: uint64 (n,) each.

    A bit says whether one of the 64 lowest frequencies is above the median of them.
    """
    blocks = [thumbnails_nhw[k : k + BLOCK] for k in range(0, len(thumbnails_nhw), BLOCK)]
    return {way: np.concatenate([_NONE, *(_hashes(b, way) for b in blocks)]) for way in WAYS}


def seen(thumbnails_nhw: np.ndarray, way: Way) -> np.ndarray:
    """Grey thumbnails as if the picture had been changed that way: float32 (n, 32, 32)."""
    down, across = _LOOKS[way]
    looked_nhw: np.ndarray = down @ thumbnails_nhw.astype(np.float32) @ across.T
    return looked_nhw


def hash_distances(hashes_n: np.ndarray, others_m: np.ndarray) -> np.ndarray:
    """How many of 64 bits differ: uint8 (n, m) of uint64 (n,) and (m,)."""
    distances: np.ndarray = np.bitwise_count(hashes_n[:, None] ^ others_m[None])
    return distances


def edges(thumbnails_nhw: np.ndarray) -> np.ndarray:
    """Differences of neighbouring pixels, across and down: float32 (n, 1922)."""
    grey_nhw = thumbnails_nhw.astype(np.float32)
    across = np.diff(grey_nhw, axis=2)[:, :-1]
    down = np.diff(grey_nhw, axis=1)[:, :, :-1]
    return np.stack([across, down], 1).reshape(len(grey_nhw), -1)


def _hashes(thumbnails_nhw: np.ndarray, way: Way) -> np.ndarray:
    down, across = _LOOKS[way]
    waves_nvu = (_WAVES @ down) @ thumbnails_nhw.astype(np.float64) @ (_WAVES @ across).T
    waves_nk = waves_nvu.reshape(-1, FREQUENCIES**2)
    middle = FREQUENCIES**2 // 2
    # np.median would load masked arrays first: as long as everything else for a thousand pictures.
    middle_n2 = np.partition(waves_nk, (middle - 1, middle), axis=1)[:, middle - 1 : middle + 1]
    bits_nk = waves_nk > middle_n2.mean(axis=1, keepdims=True)
    return np.packbits(bits_nk, axis=1).view(np.uint64).ravel()


def _part(start: float, end: float) -> np.ndarray:
    """What makes a line of 32 pixels of the part from `start` to `end` (0..1) of another one, by
    linear interpolation: float32 (32, 32).
    """
    centres_x = (start + (end - start) * (np.arange(SIDE_PX) + 0.5) / SIDE_PX) * SIDE_PX - 0.5
    distances_xx = np.abs(centres_x.clip(0, SIDE_PX - 1)[:, None] - np.arange(SIDE_PX))
    return np.maximum(0, 1 - distances_xx).astype(np.float32)


def _waves() -> np.ndarray:
    """The lowest frequencies of the discrete cosine transform (DCT-II): (frequency, pixel)."""
    k, x = np.arange(FREQUENCIES)[:, None], np.arange(SIDE_PX)[None]
    return np.cos(np.pi * k * (2 * x + 1) / (2 * SIDE_PX))


_NONE = np.zeros(0, np.uint64)
_WAVES = _waves()
_WHOLE, _MIDDLE = np.eye(SIDE_PX, dtype=np.float32), _part(TRIM, 1 - TRIM)
_LATER, _EARLIER = _part(TRIM, 1), _part(0, 1 - TRIM)
_LOOKS: dict[Way, tuple[np.ndarray, np.ndarray]] = {
    "as it is": (_WHOLE, _WHOLE),
    "mirrored": (_WHOLE, _WHOLE[::-1].copy()),
    "trimmed": (_MIDDLE, _MIDDLE),
    "without its left": (_WHOLE, _LATER),
    "without its right": (_WHOLE, _EARLIER),
    "without its top": (_LATER, _WHOLE),
    "without its bottom": (_EARLIER, _WHOLE),
}
"""What makes of a thumbnail the one of a changed picture: down and across, (32, 32) each."""
WAYS = tuple(_LOOKS)
