"""The numbers in the plots are the numbers of the run, and names in them are only names."""

from __future__ import annotations

import json

import pytest

from core.events import EpochEnded
from core.metrics import Share
from core.training.architecture_results import Candidate, ranked
from ui.architectures.charts import accuracy_against_time
from ui.dataset.charts import MOST_CLASSES, class_counts
from ui.plots import rgba, shortened
from ui.runs.charts import accuracies, curves


def test_counts_are_stacked_by_side_with_the_largest_class_on_top() -> None:
    drawn = class_counts(
        {"ant": {"train": 3, "valid": 1, "test": 0}, "bee": {"train": 9, "valid": 2, "test": 0}}
    )
    assert drawn.layout.yaxis.ticktext == ("ant", "bee")  # an axis grows upwards
    bars = [(bar.name, bar.x) for bar in drawn.data]
    assert bars == [("training", (3, 9)), ("validation", (1, 2))]


def test_of_very_many_classes_the_largest_and_the_smallest_are_drawn() -> None:
    counts = {f"class {n}": {"train": n, "valid": 1, "test": 0} for n in range(1, 201)}
    names = class_counts(counts).layout.yaxis.ticktext
    assert len(names) == MOST_CLASSES
    assert (names[0], names[29], names[30], names[-1]) == (
        "class 1", "class 30", "class 171", "class 200",
    )  # fmt: skip


def test_names_that_are_alike_when_shortened_have_bars_of_their_own() -> None:
    sides = {"train": 3, "valid": 0, "test": 0}
    drawn = class_counts({"a long name of a thing 1": sides, "a long name of a thing 2": sides})
    assert drawn.data[0].y == (0, 1)


def test_a_name_is_no_markup() -> None:
    assert shortened("<b>&amp;</b>") == "&lt;b&gt;&amp;amp;&lt;/b&gt;"
    assert len(shortened("x" * 100)) == 18


def test_each_run_has_its_dot_and_interval_the_first_on_top() -> None:
    drawn = accuracies(["new", "old"], [Share(9, 10), Share(5, 10)])
    (dots,) = drawn.data
    assert drawn.layout.yaxis.ticktext == ("old", "new")
    assert dots.x == (50.0, 90.0)
    assert dots.x[1] + dots.error_x.array[1] == pytest.approx(100 * Share(9, 10).high)
    assert dots.x[1] - dots.error_x.arrayminus[1] == pytest.approx(100 * Share(9, 10).low)


def test_curves_are_in_percent_where_they_are_shares() -> None:
    epochs = [EpochEnded(k, k, "all", 1.0, 0.5 / (k + 1), 10) for k in range(3)]
    drawn = curves({"fine <tune>": epochs}, "error_rate", "error rate, %")
    assert drawn.data[0].y == (50.0, 25.0, pytest.approx(16.6667))
    assert drawn.data[0].name == "fine &lt;tune&gt;" and drawn.layout.xaxis.dtick == 1


def test_times_have_whole_ticks_and_every_point_lies_in_sight() -> None:
    tried = ranked(
        [
            Candidate("slow", "frozen features", 9, "1111", 84.0, 1.0),
            Candidate("fast", "frozen features", 9, "1110", 13.9, 1.0),
            Candidate("tuned", "fine-tuned", 9, "1100", 50.0, 1.0),
        ]
    )
    drawn = accuracy_against_time(tried)
    assert drawn.layout.xaxis.ticktext == ("10", "20", "50", "100", "200")
    low, high = (10**end for end in drawn.layout.xaxis.range)
    assert low < 13.9 and high > 84
    assert drawn.data[0].x == (13.9, 84.0)  # none is faster and better than these
    assert [trace.name for trace in drawn.data[1:]] == ["frozen features", "fine-tuned"]


def test_colours_take_an_opacity() -> None:
    assert rgba("#0f766e", 0.5) == "rgba(15, 118, 110, 0.5)"


@pytest.mark.parametrize("drawn", [accuracies([], []), class_counts({}), curves({}, "x", "x")])
def test_nothing_yet_is_still_a_plot(drawn) -> None:
    assert json.loads(drawn.to_json())["layout"]
