"""What a model card says, sentence by sentence: the figures that were measured at the export."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import StudioError
from core.export.layout import CONFIG, GRAPH, GRAPH_INT8, RECORDED
from core.export.source import card_of
from core.export.web_folder import read_json

_ACCURACY = re.compile(
    r"Right on (\d+) of (\d+) validation images: ([\d.]+)%\s+"
    r"\(95 % interval ([\d.]+)% to ([\d.]+)%\)"
)
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Accuracy:
    """Of validation images, shares in per cent, with the 95 % interval."""

    hits: int
    total: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Figures:
    """What is known of a bundle.

    Attributes:
        accuracy: None where the card was edited.
        none_of_these: the card's words on how well that is told.
        small: the card's words on model-int8.onnx, or why there is none.
        graph, graph_int8: whether there are these files.
    """

    card: str
    accuracy: Accuracy | None
    none_of_these: str
    small: str
    graph: bool
    graph_int8: bool


def figures_of(bundle: Path) -> Figures:
    """The figures of a bundle, out of its card."""
    card = card_of(bundle)
    sections = _sections(card)
    found = _ACCURACY.search(card)
    accuracy = None
    if found:
        hits, total, *shares = found.groups()
        accuracy = Accuracy(int(hits), int(total), *map(float, shares))
    small = [line for line in _items(sections.get("Files", "")) if "int8" in line]
    return Figures(
        card,
        accuracy,
        sections.get("None of these", ""),
        " ".join(small),
        (bundle / GRAPH).is_file(),
        (bundle / GRAPH_INT8).is_file(),
    )


def recorded_of(bundle: Path) -> Mapping[str, Mapping[str, float]]:
    """The recorded answers by name of the example; empty where they are damaged."""
    try:
        return read_json(bundle / RECORDED)
    except StudioError:
        return {}


def bundles_of(exports: Path) -> list[Path]:
    """Whole bundles, newest first."""
    found = [path for path in exports.glob("[!.]*") if (path / CONFIG).is_file()]
    return sorted(found, key=lambda path: -(path / CONFIG).stat().st_mtime)


def _sections(card: str) -> dict[str, str]:
    parts = _SECTION.split(card)[1:]
    return {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}


def _items(text: str) -> list[str]:
    return [line.removeprefix("- ").strip() for line in text.split("\n- ")]
