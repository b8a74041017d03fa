"""Way in: the photos that come with the studio, 1,393 pictures of 14 fruits."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from core.context import Context
from core.dataset.new_pictures import Listing, NewPicture
from core.events import Event
from core.records import Skipped
from core.sample_photos import sample_photos

NAME = "Fruits"
DESCRIPTION = "1,393 phone photos of 14 kinds of fruit"


def way_in(context: Context, args: Mapping[str, Any]) -> Generator[Event, None, Listing]:
    """The photos that come with the studio."""
    yield from ()
    return Listing(NAME, *find_in_sample())


def find_in_sample() -> tuple[list[NewPicture], list[Skipped]]:
    """The sample's photos with their labels. Its own split is not used (57 validation images
    would say little); the studio's split gives about 280.

    Raises:
        StudioError: the package with the photos is not installed.
    """
    photos = enumerate(sample_photos().values())
    return [
        NewPicture(f"{label}/{number:04d}.jpg", label, None, _constant(data))
        for number, (label, data) in photos
    ], []


def _constant(data: bytes) -> Callable[[], bytes]:
    return lambda: data
