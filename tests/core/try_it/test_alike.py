"""The training pictures most like one: by what the network says of it, with the labels of today."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import StudioError
from core.serving.off_topic import look_at
from core.try_it.alike import NEAREST, most_alike
from tests.builders import a_scored_workspace
from tests.try_it_kit import a_kit, a_look


@pytest.fixture
def insects(tmp_path):
    context = a_scored_workspace(tmp_path / "home", {"ant": 12, "bee": 12})
    yield context
    context.catalog.close()


@pytest.fixture
def kit(insects):
    """Features of the training pictures go round a quarter of a circle, in their order."""
    kit = a_kit(insects)
    angles = np.linspace(0, np.pi / 2, len(ids(insects)))
    features = np.float32(np.stack([np.cos(angles), np.sin(angles)], 1))
    a_look(kit.shelf, ids(insects), look_at(features))
    return kit


def ids(context):
    return [image.id for image in context.catalog.images.all(sides=["train"])]


def asked(context, kit, features, **more):
    return [i.id for i in most_alike(kit.looks, context.catalog, np.float32(features), **more)]


def test_the_most_alike_come_first(insects, kit):
    assert asked(insects, kit, [1, 0]) == ids(insects)[:NEAREST]
    assert asked(insects, kit, [0, 9]) == ids(insects)[::-1][:NEAREST]


def test_a_picture_is_not_like_itself(insects, kit):
    first = ids(insects)[0]
    assert asked(insects, kit, [1, 0], but=first) == ids(insects)[1 : NEAREST + 1]


def test_deleted_pictures_are_left_out_and_labels_are_of_today(insects, kit):
    first, second = ids(insects)[:2]
    insects.catalog.journal.quarantine(first)
    insects.catalog.journal.relabel(second, "bee")
    alike = most_alike(kit.looks, insects.catalog, np.float32([1, 0]))
    assert (alike[0].id, alike[0].label) == (second, "bee")
    assert len(alike) == NEAREST


@pytest.mark.parametrize("features", [[1], [1, 2, 3], [], [np.nan, 0]], ids=str)
def test_what_another_network_says_is_refused(insects, kit, features):
    with pytest.raises(StudioError, match="not what the network says"):
        asked(insects, kit, features)


def test_a_damaged_kit_says_so(insects, kit):
    kit.looks.write_bytes(b"damaged")
    with pytest.raises(StudioError, match="not at hand"):
        asked(insects, kit, [1, 0])
