"""The story of a workspace: what is told is what the catalog holds."""

from __future__ import annotations

import numpy as np
import pytest

from core.context import Context
from core.records import Predictions
from core.show.story import story
from tests.builders import run_import, tints


@pytest.fixture
def insects(fresh: Context) -> Context:
    run_import(fresh, (tints({"ant": "red", "bee": "blue"}, train=6, valid=4, test=0), []))
    return fresh


def with_model(context: Context, wrong: int, side: str = "valid") -> None:
    """A run that takes the first `wrong` ants for bees, the surest first."""
    images = context.catalog.images.all(sides=[side])
    rows, left = [], wrong
    for image in images:
        miss = image.label == "ant" and left > 0
        left -= miss
        sure = 0.9 if miss else 0.8
        is_ant = (image.label == "ant") != miss
        rows.append([sure, 1 - sure] if is_ant else [1 - sure, sure])
    run = context.catalog.runs.create("quick", {}, ["ant", "bee"])
    answers = Predictions(tuple(i.id for i in images), np.array(rows, np.float32), ("ant", "bee"))
    context.catalog.runs.store_predictions(run.id, "final", answers)


def test_before_there_is_a_model_there_are_the_pictures(insects):
    told = story(insects.catalog, "insects")
    assert told.counts == (("ant", 10), ("bee", 10)) and told.pictures == 20
    assert told.checked is None and told.cleaning is None and not told.edits
    images = {image.id: image.label for image in insects.catalog.images.all()}
    assert len(told.mosaic) == 20 and set(told.mosaic) == set(images)
    assert [images[i] for i in told.mosaic[:4]] == ["ant", "bee", "ant", "bee"]


def test_a_model_is_told_by_what_it_answered(insects):
    with_model(insects, wrong=2)
    checked = story(insects.catalog, "insects").checked
    assert checked is not None and checked.side == "valid"
    assert (checked.accuracy.hits, checked.accuracy.total) == (6, 8)
    assert [(name, s.hits, s.total) for name, s in checked.classes] == [
        ("ant", 2, 4),
        ("bee", 4, 4),
    ]
    assert [(e.label, e.answer) for e in checked.wrong] == [("ant", "bee")] * 2
    assert checked.wrong[0].confidence == pytest.approx(0.9)
    assert [e.label for e in checked.right[:4]] in (["ant", "bee"] * 2, ["bee", "ant"] * 2)
    assert all(e.label == e.answer for e in checked.right)
    (mixup,) = checked.mixups
    assert (mixup.label, mixup.answer, mixup.count, mixup.total) == ("ant", "bee", 2, 4)


def test_what_a_person_did_is_told_as_long_as_it_is_in_force(insects):
    first = insects.catalog.images.all()[0]
    insects.catalog.journal.relabel(first.id, "bee")
    assert story(insects.catalog, "insects").edits == {"relabel": 1}
    insects.catalog.journal.undo()
    assert not story(insects.catalog, "insects").edits
