"""The study of architectures: each tried on the same images, none ends the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.context import Context
from core.errors import StudioError
from core.events import Progressed
from core.training.architecture_results import candidates_of
from core.training.architecture_study import Question, architectures_task, compare_architectures
from core.training.quick import train_quick
from tests.builders import run_import, tints

EASY = {"red": "red", "green": "green"}


@pytest.fixture
def coloured(fresh):
    run_import(fresh, (tints(EASY, train=4, valid=3, test=0), []))
    return fresh


def test_one_that_fails_says_why_and_does_not_end_the_others(coloured):
    names = ["no_such_net", "beit3_giant_patch14_224", "tf_efficientnet_lite0"]
    events = list(architectures_task(coloured, {"architectures": [*names, names[-1]]}))
    study = coloured.catalog.studies.latest("architectures")
    unknown, bare, good = candidates_of(study.result)
    assert "no architecture" in unknown.error and unknown.right == ""
    assert "no pretrained weights" in bare.error
    assert good.error == "" and good.parameters == 4_652_008
    assert good.right == marks_of_the_quick_model(coloured)
    assert good.one_ms > 0 and good.batch_ms > 0
    said = [event.doing for event in events if isinstance(event, Progressed)]
    assert "tf_efficientnet_lite0, 3 of 3: looking at the pictures" in said


def test_what_is_known_so_far_is_kept_when_it_is_stopped(coloured):
    known = coloured.catalog.studies
    asked_to_stop = replace(
        coloured, stop_requested=lambda: known.latest("architectures") is not None
    )
    question = Question(("no_such_net", "tf_efficientnet_lite0"))
    list(compare_architectures(asked_to_stop, question))
    assert [row["architecture"] for row in known.latest("architectures").result] == ["no_such_net"]


def marks_of_the_quick_model(context: Context) -> str:
    list(train_quick(context))
    answers = context.catalog.runs.predictions(1, "final")
    said = dict(zip(answers.image_ids, answers.probs_nc.argmax(1), strict=True))
    images = context.catalog.images.all(sides=["valid"])
    return "".join(str(int(answers.classes[said[i.id]] == i.label)) for i in images)


@pytest.mark.parametrize("count", [0, 31])
def test_too_few_and_too_many_are_refused(count, coloured):
    question = Question(tuple(f"net{k}" for k in range(count)))
    with pytest.raises(StudioError, match="cannot be compared"):
        list(compare_architectures(coloured, question))


@pytest.mark.slow
def test_fine_tuning_each_leaves_runs(coloured):
    question = Question(("tf_efficientnet_lite0",), fine_tune=True, epochs=1)
    list(compare_architectures(coloured, question))
    rows = candidates_of(coloured.catalog.studies.latest("architectures").result)
    assert [row.how for row in rows] == ["frozen features", "fine-tuned"]
    assert rows[1].accuracy.total == 6 and rows[1].error == ""
    (run,) = coloured.catalog.runs.all()
    assert run.kind == "fine-tune" and run in coloured.catalog.runs.with_model()
