"""What the map sends to the browser, and what it makes of the answer."""

from __future__ import annotations

import numpy as np
import pytest

from ui.interpretation.map import MOST_CLASSES, SUSPICION, WARMER, _by_name, _palette


def test_each_name_has_a_colour_of_its_own() -> None:
    colouring = _by_name(["b", "a", "b", "c"])
    assert colouring.names == ("a", "b", "c")
    assert colouring.numbers_n.tolist() == [1, 0, 1, 2]
    assert len(set(colouring.palette)) == 3


def test_rare_names_share_the_last_colour() -> None:
    names = [f"class {k:03d}" for k in range(100)] + [f"class {k:03d}" for k in range(40)]
    colouring = _by_name(names)
    assert len(colouring.names) == len(colouring.palette) == MOST_CLASSES + 1
    assert colouring.names[-1] == "others"
    assert np.bincount(colouring.numbers_n)[-1] == 100 - MOST_CLASSES
    assert set(colouring.names[:40]) == {f"class {k:03d}" for k in range(40)}


@pytest.mark.parametrize("count", [1, 2, 14, 61])
def test_the_palette_has_different_colours(count: int) -> None:
    palette = _palette(count)
    assert len(set(palette)) == count
    assert all(len(colour) == 7 for colour in palette)


def test_suspicion_has_a_colour_for_each_step() -> None:
    assert len(SUSPICION) == len(WARMER)
