"""What a lesson is: a question, what can be set, and a pure function from settings to a trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.playground.parameters import Parameter, Value, Values

SEEDS = 1000
"""Seeds are 0 to 999; 0 is the picture that everyone sees first."""
LARGEST = 1e6
"""Beyond this a trace has diverged: it holds still, so nothing in it is infinite."""


@dataclass(frozen=True)
class Trace:
    """What happened, step by step.

    Args:
        arrays: finite numbers by name. The letters after the last underscore name the axes; a
            first `t` is the step, so `loss_t` has a number for each step, `fit_tn` a row for each
            step, and `x_n` does not change.
        sentences: what just happened, one for each step; the first says where it starts.
        diverged: a sentence, if it did.
    """

    arrays: Mapping[str, np.ndarray]
    sentences: tuple[str, ...]
    diverged: str | None = None

    @property
    def steps(self) -> int:
        return len(self.sentences)


@dataclass(frozen=True)
class Recipe:
    """Settings to try.

    Args:
        name: what the button says.
        values: what differs from the defaults.
        good: whether this is how it should be done.
        sentence: what happens, and why.
        proof: true for the trace of these values if the sentence is; tests ask.
    """

    name: str
    values: Mapping[str, Value]
    good: bool
    sentence: str
    proof: Callable[[Trace], bool]
    seed: int = 0


@dataclass(frozen=True)
class Setting:
    """A lesson's values, all of them allowed, and sentences on what could not be taken."""

    values: dict[str, Value]
    seed: int = 0
    complaints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lesson:
    """One playground.

    Args:
        id: also the name of its page's file and its address.
        question: one sentence.
        run: (values, seed) -> trace; deterministic, within 10 ms, numpy only.
        code: (values, seed) -> about ten lines of PyTorch that do the same, runnable as shown.
        answer: the array of the trace that the code leaves in a variable of this name.
        seeded: whether anything is drawn at random; if not, nobody is offered new data.
    """

    id: str
    title: str
    question: str
    parameters: tuple[Parameter, ...]
    run: Callable[[Values, int], Trace]
    recipes: tuple[Recipe, ...]
    code: Callable[[Values, int], str]
    answer: str
    seeded: bool = True

    @property
    def defaults(self) -> dict[str, Value]:
        return {parameter.name: parameter.default for parameter in self.parameters}

    def read(self, raw_values: Mapping[Any, object]) -> Setting:
        """Values from an address or a browser: what is no value becomes one, with a sentence.

        Names that are no parameters are passed over: others add their own to addresses.
        """
        values, complaints = self.defaults, []
        for parameter in self.parameters:
            if parameter.name in raw_values:
                values[parameter.name], complaint = parameter.read(raw_values[parameter.name])
                complaints += [complaint] if complaint else []
        seed, complaint = _read_seed(raw_values.get("seed", 0))
        return Setting(values, seed, (*complaints, *([complaint] if complaint else [])))

    def write(self, setting: Setting) -> dict[str, str]:
        """What an address has to say to show this setting: only what differs from the defaults."""
        texts = {
            parameter.name: parameter.write(setting.values[parameter.name])
            for parameter in self.parameters
            if setting.values[parameter.name] != parameter.default
        }
        return {**texts, **({"seed": str(setting.seed)} if setting.seed else {})}


def within_bounds(previous: np.ndarray, following: np.ndarray) -> np.ndarray:
    """`following`, or `previous` if that went beyond all bounds: a diverged path stands still."""
    fits = np.isfinite(following).all() and np.abs(following).max() <= LARGEST
    return following if fits else previous


def _read_seed(raw: object) -> tuple[int, str]:
    try:
        seed = int(raw) if isinstance(raw, int | str) else -1
    except ValueError:
        seed = -1
    if 0 <= seed < SEEDS:
        return seed, ""
    return 0, f"The seed of the data is a number from 0 to {SEEDS - 1}: it is 0."
