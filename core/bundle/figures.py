"""What was measured of a bundle when it was exported: figures.json, beside the card that says it
in sentences.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.bundle.web_folder import read_json
from core.errors import StudioError
from core.leaks import Leak
from core.metrics import Share
from core.records import Side
from core.serving.bundle_part import has_part, read_part
from core.serving.layout import CONFIG, EXPORT_AGAIN, FIGURES, RECORDED

_DAMAGE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)


@dataclass(frozen=True)
class Separation:
    """How well pictures of something else are told from one's own.

    Attributes:
        what: what they show.
        auroc: how often one of them scores higher than a validation picture, 0..1.
        accepted: how many of them pass as one of the classes.
    """

    what: str
    auroc: float
    accepted: Share


@dataclass(frozen=True)
class NoneFigures:
    """How "none of these" is told.

    Attributes:
        threshold: above it a picture is none of the classes.
        pass_rate: share of pictures like the validation pictures that stays below, 0..1.
        passed: how many test pictures stay below.
    """

    threshold: float
    pass_rate: float
    passed: Share
    told: tuple[Separation, ...]


@dataclass(frozen=True)
class Int8Figures:
    """The graph in integers beside the graph in floats, on the same validation pictures.

    Attributes:
        kept: whether it is in the bundle: not where it lost too much.
        file_bytes, one_ms: of the integers and of the floats: size, and time for one picture.
    """

    kept: bool
    right: Share
    right_in_floats: Share
    file_bytes: tuple[int, int]
    one_ms: tuple[float, float]


@dataclass(frozen=True)
class Figures:
    """What is known of a bundle.

    Attributes:
        temperature: what logits are divided by.
        validation, test: right answers; `test` has a total of 0 where there are no test images.
        classes: right answers on the validation images of each class.
        valid_leak, test_leak: copies of these images in training; None where an earlier version
            wrote it.
        none_of_these: None where it is not told.
        int8: None where there is no such graph, for want of one in floats or as
        int8_problem: says: in the words of the quantiser; "" where there was none.
    """

    temperature: float
    validation: Share
    test: Share
    classes: Mapping[str, Share]
    valid_leak: Leak | None
    test_leak: Leak | None
    none_of_these: NoneFigures | None
    int8: Int8Figures | None
    int8_problem: str

    def to_json(self) -> str:
        """Shares with their 95 % interval, for other programs; it is not read back."""
        return json.dumps(_with_intervals(self), indent=2, ensure_ascii=False)


def _with_intervals(value: Any) -> Any:
    if isinstance(value, Share):
        return {**asdict(value), "low": round(value.low, 6), "high": round(value.high, 6)}
    if isinstance(value, Figures | NoneFigures | Int8Figures | Separation | Leak):
        return {name: _with_intervals(one) for name, one in vars(value).items()}
    if isinstance(value, Mapping):
        return {name: _with_intervals(one) for name, one in value.items()}
    if isinstance(value, tuple):
        return [_with_intervals(one) for one in value]
    return value


def figures_of(bundle: Path) -> Figures | None:
    """The figures of a bundle; None for one of format 1 or 2, which has them in its card only.

    Raises:
        StudioError: they are damaged.
    """
    if not has_part(bundle, FIGURES):
        return None
    try:
        return _figures(json.loads(read_part(bundle, FIGURES)))
    except _DAMAGE as error:
        raise StudioError(f"{FIGURES} of this bundle is damaged.", EXPORT_AGAIN) from error


def _figures(facts: Mapping[str, Any]) -> Figures:
    none, int8 = facts["none_of_these"], facts["int8"]
    return Figures(
        float(facts["temperature"]),
        _share(facts["validation"]),
        _share(facts["test"]),
        {str(name): _share(one) for name, one in facts["classes"].items()},
        _leak("valid", facts.get("valid_leak")),
        _leak("test", facts.get("test_leak")),
        None if none is None else _none(none),
        None if int8 is None else _int8(int8),
        str(facts["int8_problem"]),
    )


def _share(facts: Mapping[str, Any]) -> Share:
    hits, total = int(facts["hits"]), int(facts["total"])
    if not 0 <= hits <= total:
        raise ValueError("hits that are at most the total")
    return Share(hits, total)


def _leak(side: Side, facts: Mapping[str, Any] | None) -> Leak | None:
    if facts is None:
        return None
    every, clean = _share(facts["every"]), _share(facts["clean"])
    searched, not_searched = facts["searched"] is True, int(facts["not_searched"])
    return Leak(side, every.total - clean.total, every, clean, searched, not_searched)


def _none(facts: Mapping[str, Any]) -> NoneFigures:
    separations = [
        Separation(str(t["what"]), float(t["auroc"]), _share(t["accepted"])) for t in facts["told"]
    ]
    threshold, pass_rate = float(facts["threshold"]), float(facts["pass_rate"])
    return NoneFigures(threshold, pass_rate, _share(facts["passed"]), tuple(separations))


def _int8(facts: Mapping[str, Any]) -> Int8Figures:
    (small, large), (fast, slow) = facts["file_bytes"], facts["one_ms"]
    return Int8Figures(
        facts["kept"] is True,
        _share(facts["right"]),
        _share(facts["right_in_floats"]),
        (int(small), int(large)),
        (float(fast), float(slow)),
    )


def recorded_of(bundle: Path) -> Mapping[str, Mapping[str, float]]:
    """The recorded answers by name of the example; empty where they are damaged."""
    try:
        return read_json(bundle / RECORDED)
    except StudioError:
        return {}


def bundles_of(exports: Path) -> list[Path]:
    """Whole bundles, newest first."""
    bundles = [path for path in exports.glob("[!.]*") if (path / CONFIG).is_file()]
    return sorted(bundles, key=lambda path: -(path / CONFIG).stat().st_mtime)
