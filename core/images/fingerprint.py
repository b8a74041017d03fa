"""Fingerprints of pictures: near for copies that were resized, re-encoded, trimmed or brightened.

A fingerprint is a small grey thumbnail. Two things are made of it to compare: the perceptual hash
of C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), section
3.2.1 (pHash), which finds candidates quickly, and the edges, which tell them apart.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from PIL import Image

SIDE_PX = 32
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


def hashes(thumbnails_nhw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Perceptual hashes of grey thumbnails, and those of their mirror images: uint64 (n,) each.

    A bit says whether one of the 64 lowest frequencies is above the median of them.
    """
    pairs = [_hashes(thumbnails_nhw[k : k + BLOCK]) for k in range(0, len(thumbnails_nhw), BLOCK)]
    hashes_n, mirrored_n = zip(*pairs) if pairs else ([_NONE], [_NONE])
    return np.concatenate(hashes_n), np.concatenate(mirrored_n)


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


def _hashes(thumbnails_nhw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    waves_nvu = _WAVES @ thumbnails_nhw.astype(np.float64) @ _WAVES.T
    return _bits(waves_nvu), _bits(waves_nvu * _MIRROR)


def _bits(waves_nvu: np.ndarray) -> np.ndarray:
    waves_nk = waves_nvu.reshape(-1, FREQUENCIES**2)
    middle = FREQUENCIES**2 // 2
    # np.median would load masked arrays first: as long as everything else for a thousand pictures.
    middle_n2 = np.partition(waves_nk, (middle - 1, middle), axis=1)[:, middle - 1 : middle + 1]
    bits_nk = waves_nk > middle_n2.mean(axis=1, keepdims=True)
    return np.packbits(bits_nk, axis=1).view(np.uint64).ravel()


def _waves() -> np.ndarray:
    """The lowest frequencies of the discrete cosine transform (DCT-II): (frequency, pixel)."""
    k, x = np.arange(FREQUENCIES)[:, None], np.arange(SIDE_PX)[None]
    return np.cos(np.pi * k * (2 * x + 1) / (2 * SIDE_PX))


_NONE = np.zeros(0, np.uint64)
_WAVES = _waves()
_MIRROR = (-1.0) ** np.arange(FREQUENCIES)  # mirroring turns the odd horizontal waves over
