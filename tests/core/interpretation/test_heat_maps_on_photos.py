"""Two sample photos side by side: most of the heat is on the half that has the class's fruit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from core.context import Context
from core.dataset.sample import find_in_sample
from core.images.working_copy import read_copy
from core.interpretation.heat_maps import grad_cam, heat_of_falls, occlusion
from core.interpretation.network_of_run import OpenedNetwork, open_network
from core.training.quick import train_quick
from tests.builders import run_import

FRUITS = ("Orange", "Granny-Smith", "Watermelon")
EACH, PAIRS = 30, 3

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def fruit(fresh: Context) -> Iterator[Context]:
    pictures, _ = find_in_sample()
    some = [f for name in FRUITS for f in [f for f in pictures if f.label == name][:EACH]]
    run_import(fresh, (some, []))
    list(train_quick(fresh))
    yield fresh


def opened(context: Context) -> OpenedNetwork:
    events = open_network(context, 1)
    try:
        while True:
            next(events)
    except StopIteration as stop:
        return stop.value


def halves(context: Context, net: OpenedNetwork, left: str, right: str) -> np.ndarray:
    """Middle of one photo beside the middle of another, as the network is shown them."""
    side = net.preprocessing.size_px
    parts = [
        net.preprocessing.crop(read_copy(context.workspace, image_id))[:, side // 4 : -side // 4]
        for image_id in (left, right)
    ]
    return np.concatenate(parts, 1)


def test_most_of_the_heat_is_on_the_half_with_the_fruit(fruit: Context) -> None:
    net, right_half = opened(fruit), {"grad-cam": [], "occlusion": []}
    ids = {name: [i.id for i in fruit.catalog.images.all() if i.label == name] for name in FRUITS}
    for k in range(PAIRS):
        for a, b in zip(FRUITS, FRUITS[1:] + FRUITS[:1], strict=True):
            crop = halves(fruit, net, ids[a][k], ids[b][k])
            _, falls = occlusion(net, crop)
            for name, on_left in ((a, True), (b, False)):
                number = net.classes.index(name)
                cam = grad_cam(net.network, net.input_of(crop[None]), [number])
                assert cam is not None
                right_half["grad-cam"].append(_share(cam[0], on_left))
                right_half["occlusion"].append(_share(heat_of_falls(falls[number]), on_left))
    for method, shares in right_half.items():
        assert np.mean(shares) > 0.6, method
        assert np.mean(np.array(shares) > 0.5) >= 0.8, method


def _share(heat_hw: np.ndarray, on_left: bool) -> float:
    """Of the heat that is on that half; the column in the middle counts for neither."""
    half = heat_hw.shape[1] // 2
    left, right = heat_hw[:, :half].sum(), heat_hw[:, -half:].sum()
    return float((left if on_left else right) / max(left + right, 1e-9))
