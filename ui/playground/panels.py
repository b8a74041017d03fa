"""What a lesson shows, said without drawing: the browser draws it (`stage.js` and its parts).

A panel names arrays of the trace. Those that begin with a `t` after their last underscore have a
row for each step, and the browser takes the row of the current one; others stand still. A one-
dimensional array over steps (`loss_t`) is a history: drawn faintly as a whole, and strongly up to
the current step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypedDict

Range = tuple[float, float]
Look = Literal["line", "dots", "dashed", "area", "stems"]


@dataclass(frozen=True)
class Series:
    """A line or points in a `Lines` panel; without an x it runs over its numbers, or the steps.

    Args:
        colour: 0 the accent, 1 to 5 others, -1 the text's colour, faint.
        group: an array of 0, 1, 2 ... that gives each dot its colour.
    """

    y: str
    x: str = ""
    label: str = ""
    look: Look = "line"
    colour: int = 0
    group: str = ""


@dataclass(frozen=True)
class Path:
    """Where a descent goes on a surface: an array of shape (steps, 2), x and y."""

    points: str
    label: str = ""
    colour: int = 0


@dataclass(frozen=True)
class Panel:
    """What all panels have.

    Args:
        span: how much of a row it takes: 2, 3 or 6 sixths. The first panel is the one that stays in
            sight on a phone while a person drags.
        height_px: of the drawing.
        edits: the `Numbers` parameter that a pointer sets here, if any.
        only_if: (parameter, value): the panel is hidden for other values.
    """

    title: str
    span: Literal[2, 3, 6] = 3
    height_px: int = 240
    edits: str = ""
    only_if: tuple[str, Any] | None = None


@dataclass(frozen=True)
class Lines(Panel):
    """Curves, points and histories over common axes.

    `edits`: a drag draws the numbers of that parameter, spread evenly over `x_range`. Without a
    range the axis spans all finite numbers of all steps, so it stands still while time runs.
    """

    series: tuple[Series, ...] = ()
    x_label: str = ""
    y_label: str = ""
    x_range: Range | None = None
    y_range: Range | None = None
    log_y: bool = False


@dataclass(frozen=True)
class Contour(Panel):
    """A surface from above, with paths on it.

    `surface` has rows along y. `look` "sides" colours below and above 0 differently (a decision
    boundary). `dots` are (x, y, group) arrays. `edits`: a click moves a parameter of 2 numbers, or
    adds a row (x, y, 0; with Shift x, y, 1) to one of 3 columns.
    """

    surface: str = ""
    x: str = ""
    y: str = ""
    paths: tuple[Path, ...] = ()
    dots: tuple[str, str, str] | None = None
    look: Literal["hills", "sides"] = "hills"
    x_label: str = ""
    y_label: str = ""
    log: bool = True


class Surface(TypedDict):
    """What panels of one surface have in common."""

    surface: str
    x: str
    y: str
    x_label: str
    y_label: str


@dataclass(frozen=True)
class Surface3d(Panel):
    """The same surface as a landscape that a drag turns."""

    surface: str = ""
    x: str = ""
    y: str = ""
    paths: tuple[Path, ...] = ()
    x_label: str = ""
    y_label: str = ""
    log: bool = False


@dataclass(frozen=True)
class Bars(Panel):
    """A bar for each number, with its label and its value."""

    values: str = ""
    labels: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    digits: int = 2


@dataclass(frozen=True)
class Images(Panel):
    """Pictures of one channel, `(t)khw` or `(t)hw`; `signed` shows below and above 0 differently.

    `window`: an array of (row, column, height, width) for each step, drawn on the first picture.
    `known`: an array that says how many pixels of it are there yet at each step, row by row; the
    others are faint.
    """

    images: str = ""
    labels: tuple[str, ...] = ()
    signed: bool = False
    window: str = ""
    columns: int = 0
    known: str = ""


@dataclass(frozen=True)
class Matrix(Panel):
    """A table of numbers `(t)rc`.

    `row` and `column`: arrays that say which of them is lit at each step (-1: none); where both
    cross, it is lit more. `known`: an array that says how many cells are filled at each step, row
    by row. `edits`: the cells can be typed into, and set that parameter row by row; its rows have
    `row_length` numbers if not all of them are shown.
    """

    values: str = ""
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    row: str = ""
    column: str = ""
    digits: int = 3
    known: str = ""
    row_length: int = 0


@dataclass(frozen=True)
class Net(Panel):
    """A net: columns of units, lines as thick as their weights.

    Args:
        layers: how many units each column has; if nothing is said, what the weights say.
        weights: an array `(t)oi` between each two columns: to, from.
        activations: an array `(t)n` for each column, or nothing.
        labels: names of the first column's units, then of the last one's.
    """

    layers: tuple[int, ...] = ()
    weights: tuple[str, ...] = ()
    activations: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A number beside the sentence: what it is, and the array `_t` that has it."""

    label: str
    values: str
    digits: int = 3


@dataclass(frozen=True)
class Steer:
    """The arrow on a parameter's slider: where the number is at this step, and its slope."""

    parameter: str
    values: str
    slope: str
