"""The one next step: rules as a table, and the facts that they are fed with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.context import Context
from core.events import FeaturesComputed, LabelsDoubted
from core.next_step import ENOUGH_CHANGES, Standing, next_step, standing
from core.records import Job, Run
from tests.builders import a_scored_workspace, stored

RUN = Run(1, "quick 1", "quick", {}, ("ant", "bee"), "2026-01-01T00:00:00+00:00", "completed", 1)
JOB = Job(1, "quick", {}, "running", False, False, 1, 2, "", 3.0, None, "", "")
EMPTY = Standing()
PICTURES = Standing(pictures=100, classes=2)
TRAINED = replace(PICTURES, quick=RUN, suspects=("a", "b"))
CLEAN = replace(TRAINED, suspects=())
RULES = {
    "nothing": (EMPTY, "bring pictures", 0),
    "one class": (replace(PICTURES, classes=1), "bring a second class", 100),
    "pictures": (PICTURES, "train", 100),
    "pictures come in": (replace(PICTURES, job=JOB), "wait", 0),
    "a model": (TRAINED, "review", 2),
    "a model that does not say whom it doubts": (replace(TRAINED, suspects=None), "review", 0),
    "it does not say, and something changed": (
        replace(TRAINED, suspects=None, changed=3),
        "train again",
        3,
    ),
    "some changes, and suspects": (replace(TRAINED, changed=3), "review", 2),
    "many changes, and suspects": (replace(TRAINED, changed=ENOUGH_CHANGES), "train again", 20),
    "changes, and no suspects": (replace(CLEAN, changed=3), "train again", 3),
    "new pictures": (replace(CLEAN, added=3), "train again", 0),
    "clean": (CLEAN, "export", 0),
    "clean and exported": (replace(CLEAN, exported=True), "fine-tune", 0),
    "suspects, though exported": (replace(TRAINED, exported=True), "review", 2),
    "all done": (replace(CLEAN, exported=True, fine_tuned=True), "bring more", 0),
    "all pictures deleted since": (replace(TRAINED, pictures=0, classes=0), "bring pictures", 0),
}


@pytest.mark.parametrize("name", RULES)
def test_one_step_follows_from_where_the_workspace_is(name: str) -> None:
    now, kind, count = RULES[name]
    step = next_step(now)
    assert (step.kind, step.count) == (kind, count)


def test_a_first_training_costs_by_its_pictures_and_says_that_it_was_measured_elsewhere() -> None:
    few, many = next_step(PICTURES), next_step(replace(PICTURES, pictures=1000))
    assert few.seconds is not None and many.seconds == pytest.approx(10 * few.seconds)
    assert not few.measured


def test_training_again_costs_what_was_measured_here_or_nothing_is_said() -> None:
    measured = next_step(replace(CLEAN, changed=1, again_s=12.5))
    assert (measured.seconds, measured.measured) == (12.5, True)
    unknown = next_step(replace(CLEAN, changed=1))
    assert (unknown.seconds, unknown.measured) == (None, False)


@pytest.fixture
def insects(tmp_path) -> Context:
    return a_scored_workspace(tmp_path, {"ant": 6, "bee": 6})


def test_an_empty_catalog_is_an_empty_standing(workspace, catalog) -> None:
    assert standing(workspace, catalog) == EMPTY


def test_a_class_without_pictures_is_none_to_tell_apart(workspace, catalog) -> None:
    stored(catalog, ["apple", "apple"])
    catalog.journal.add_class("pear")
    assert standing(workspace, catalog) == Standing(pictures=2, classes=1)


def test_suspects_are_those_still_open_in_the_order_of_the_run(insects: Context) -> None:
    ids = [image.id for image in insects.catalog.images.all()]
    assert standing(insects.workspace, insects.catalog).suspects is None
    insects.catalog.runs.record(1, LabelsDoubted((ids[4], ids[2], ids[7], ids[1])))
    insects.catalog.journal.keep(ids[2])
    insects.catalog.journal.quarantine(ids[7])
    assert standing(insects.workspace, insects.catalog).suspects == (ids[4], ids[1])


def test_changes_and_new_pictures_count_from_the_newest_quick_model_on(insects: Context) -> None:
    images = insects.catalog.images.all()
    insects.catalog.journal.relabel(images[0].id, "bee" if images[0].label == "ant" else "ant")
    insects.catalog.journal.keep(images[1].id)
    now = standing(insects.workspace, insects.catalog)
    assert (now.changed, now.pictures, now.classes) == (1, 12, 2)
    assert now.quick is not None and now.quick.name == "quick 1"
    assert insects.catalog.images.added_since("2000-01-01T00:00:00+00:00") == 12
    assert now.added == 0 == insects.catalog.images.added_since("2100-01-01T00:00:00+00:00")


def test_again_takes_as_long_as_last_time_without_what_was_looked_at_once(tmp_path) -> None:
    context = a_scored_workspace(tmp_path, {"ant": 6, "bee": 6})
    catalog = context.catalog
    job = catalog.jobs.create("quick", {})
    run = catalog.runs.create("quick", {}, ["ant", "bee"], job.id)
    answers = catalog.runs.predictions(1, "out-of-fold")
    catalog.runs.store_predictions(run.id, "out-of-fold", answers)
    catalog.jobs.begin(job.id)
    catalog.jobs.end(job.id, "done")
    assert standing(context.workspace, catalog).again_s is None  # nothing was measured
    catalog.runs.record(run.id, FeaturesComputed(0, 3.0))
    took = catalog.jobs.get(job.id).elapsed_s
    assert standing(context.workspace, catalog).again_s == pytest.approx(took)


def test_an_export_counts_when_it_is_newer_than_the_newest_model(insects: Context) -> None:
    catalog, exports = insects.catalog, insects.workspace.exports
    assert not standing(insects.workspace, catalog).exported
    (exports / "1-quick-1").mkdir(parents=True)
    assert standing(insects.workspace, catalog).exported
    export, again = catalog.jobs.create("export", {}), catalog.jobs.create("quick", {})
    for job in (export, again):
        catalog.jobs.end(job.id, "done")
    run = catalog.runs.create("quick", {}, ["ant", "bee"], again.id)
    catalog.runs.store_predictions(run.id, "final", catalog.runs.predictions(1, "final"))
    assert not standing(insects.workspace, catalog).exported
