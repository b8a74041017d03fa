"""Class activation maps: their mean is the score, and they light the place that speaks."""

from __future__ import annotations

import numpy as np
import pytest

from core.models.class_activation import class_activation


def test_the_place_that_speaks_for_the_class_is_lit():
    maps = np.zeros((3, 4, 5), np.float32)
    maps[1, 2, 3] = 7.0  # the feature that class 0 goes by
    maps[2, 0, 0] = 9.0  # and the one that class 1 goes by
    weights = np.array([[0, 1, 0], [0, 0, 1]], np.float32)
    heat = class_activation(maps, weights, 0)
    assert heat.shape == (4, 5)
    assert np.unravel_index(heat.argmax(), heat.shape) == (2, 3)
    assert heat.max() == pytest.approx(1) and heat[0, 0] == 0


def test_nothing_that_speaks_for_it_is_no_heat():
    heat = class_activation(np.ones((2, 3, 3), np.float32), np.array([[-1, -1], [1, 1.0]]), 0)
    assert (heat == 0).all()
