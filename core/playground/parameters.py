"""What a person can set in a lesson. Whatever comes from outside is read here, and only here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Value = Any
"""A float, an int, a str, a bool, or a tuple of floats."""
Values = Mapping[str, Value]
"""The name of each parameter of a lesson -> a value that the parameter allows."""
OnlyIf = tuple[str, tuple[Value, ...]]
"""Another parameter and its values: a control is hidden while it has none of these."""
_SHOWN = 24


@dataclass(frozen=True)
class Slider:
    """A number from `low` to `high`; whole if `low`, `high` and `step` are.

    Args:
        step: the distance between two positions; without a meaning where `log` is set.
        log: positions are spread evenly over the logarithm (`low` is above 0).
        help: one sentence, shown when the pointer rests on the label.
    """

    name: str
    label: str
    low: float
    high: float
    default: float
    step: float = 0.01
    log: bool = False
    help: str = ""
    only_if: OnlyIf | None = None

    @property
    def whole(self) -> bool:
        return all(isinstance(v, int) for v in (self.low, self.high, self.step)) and not self.log

    def read(self, raw: object) -> tuple[float, str]:
        """The value nearest to what was asked for, and a sentence if that is another one."""
        number = _number(raw)
        if number is None:
            return self.default, f"{self.label} cannot be {_short(raw)}: it is {self.default:g}."
        value = min(max(number, self.low), self.high)
        complaint = (
            "" if value == number else f"{self.label} cannot be {number:g}: it is {value:g}."
        )
        return (round(value) if self.whole else value), complaint

    def write(self, value: Value) -> str:
        return f"{value:.6g}"

    def draw(self, rng: np.random.Generator) -> float:
        """A random value, for tests; the ends of the range are drawn too."""
        share = float(rng.choice([0.0, 1.0, rng.random(), rng.random(), rng.random()]))
        if self.log:
            return float(min(max(self.low * (self.high / self.low) ** share, self.low), self.high))
        value = self.low + share * (self.high - self.low)
        return round(value) if self.whole else value


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    name: str
    label: str
    choices: tuple[str, ...]
    default: str
    help: str = ""
    only_if: OnlyIf | None = None

    def read(self, raw: object) -> tuple[str, str]:
        if isinstance(raw, str) and raw in self.choices:
            return raw, ""
        return self.default, f"{self.label} cannot be {_short(raw)}: it is {self.default}."

    def write(self, value: Value) -> str:
        return str(value)

    def draw(self, rng: np.random.Generator) -> str:
        return self.choices[int(rng.integers(len(self.choices)))]


@dataclass(frozen=True)
class Switch:
    """On or off."""

    name: str
    label: str
    default: bool = False
    help: str = ""

    def read(self, raw: object) -> tuple[bool, str]:
        for value, ways in ((True, (True, "1", "true")), (False, (False, "0", "false"))):
            if any(raw is way or (isinstance(way, str) and raw == way) for way in ways):
                return value, ""
        stays = "on" if self.default else "off"
        return self.default, f"{self.label} cannot be {_short(raw)}: it is {stays}."

    def write(self, value: Value) -> str:
        return "1" if value else "0"

    def draw(self, rng: np.random.Generator) -> bool:
        return bool(rng.integers(2))


@dataclass(frozen=True)
class Numbers:
    """A list of numbers that is set in a picture: a start point, a drawn curve, cells of a table.

    Args:
        least, most: how many numbers are allowed.
        columns: numbers come in rows of this many (x, y, class: 3), so their count is a multiple.
        sets: another parameter and its value, set together with these by a pointer ("drawn").
        presets: (name, numbers) of those that a button sets.
    """

    name: str
    label: str
    low: float
    high: float
    default: tuple[float, ...]
    least: int
    most: int
    columns: int = 1
    help: str = ""
    sets: tuple[str, Value] | None = None
    presets: tuple[tuple[str, tuple[float, ...]], ...] = ()

    def read(self, raw: object) -> tuple[tuple[float, ...], str]:
        parts = raw.split(",", self.most) if isinstance(raw, str) else raw
        if not isinstance(parts, list | tuple):
            return self.default, f"{self.label} cannot be {_short(raw)}: the usual ones are shown."
        if len(parts) > self.most:
            return self.default, f"{self.label}: at most {self.most} numbers fit, so none is taken."
        read = [_number(part) for part in parts]
        numbers = [min(max(n, self.low), self.high) for n in read if n is not None]
        if len(numbers) < max(len(parts), self.least) or len(numbers) % self.columns:
            return self.default, f"{self.label} is not made of numbers: the usual ones are shown."
        outside = numbers != read
        return tuple(numbers), f"{self.label}: numbers too large were cut." if outside else ""

    def write(self, value: Value) -> str:
        return ",".join(f"{number:.4g}" for number in value)

    def draw(self, rng: np.random.Generator) -> tuple[float, ...]:
        fits = range(self.least + -self.least % self.columns, self.most + 1, self.columns)
        count = int(rng.choice(fits))
        return tuple(rng.uniform(self.low, self.high, count).tolist())


Parameter = Slider | Choice | Switch | Numbers


def _number(raw: object) -> float | None:
    """A finite number, or None; True and False are no numbers here."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        number = float(raw[:40] if isinstance(raw, str) else raw)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _short(raw: object) -> str:
    text = raw if isinstance(raw, str) else type(raw).__name__ if raw is not None else "nothing"
    return f"“{text[:_SHOWN]}…”" if len(text) > _SHOWN else f"“{text}”"
