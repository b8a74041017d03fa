"""Try it without a browser: what it offers when there is nothing, something, or all of it."""

from __future__ import annotations

import pytest

from core.context import Context
from core.jobs import wait_for
from core.records import Predictions
from tests.app import open_page
from tests.builders import a_scored_workspace
from tests.try_it_kit import a_kit, with_weights


@pytest.fixture
def insects(home) -> Context:
    return a_scored_workspace(home, {"ant": 8, "bee": 8})


def texts(app):
    return " ".join(e.value for e in (*app.markdown, *app.caption, *app.warning, *app.error))


def stage_of(app):
    """What the component in the browser is told; None when it is not there."""
    stages = app.get("bidi_component")
    return stages[0].proto if stages else None


def test_without_a_run_it_says_what_will_be_here(home):
    app = open_page("try_it")
    assert not app.exception and not app.error
    assert "the model says here what it is" in texts(app)
    assert stage_of(app) is None


def test_a_run_without_weights_is_said_and_another_can_be_chosen(insects):
    second = insects.catalog.runs.create("quick", {"architecture": "none"}, ["ant", "bee"])
    first = insects.catalog.runs.predictions(1, "final")
    answers = Predictions(first.image_ids, first.probs_nc, first.classes)
    insects.catalog.runs.store_predictions(second.id, "final", answers)
    a_kit(insects, 1)
    app = open_page("try_it")
    assert "model file of this run is missing" in app.warning[0].value
    assert app.selectbox(key="try_it_run").value == second.id
    app.selectbox(key="try_it_run").set_value(1).run()
    assert not app.exception and not app.error and not app.warning
    assert stage_of(app) is not None


def test_with_a_kit_the_stage_is_there_at_once(insects):
    kit = a_kit(insects)
    app = open_page("try_it")
    assert not app.exception and not app.error
    assert kit.shelf.folder.name in str(stage_of(app))
    assert insects.catalog.jobs.all() == []


def test_the_first_visit_makes_the_model_ready_and_a_failure_is_said_once(insects):
    with_weights(insects)  # no weights of any network
    app = open_page("try_it")
    (job,) = insects.catalog.jobs.all()
    assert (job.kind, job.args) == ("try-it", {"run_id": 1})
    assert wait_for(insects.workspace, insects.catalog, job.id, 120).state == "failed"
    app.run()
    assert app.button(key="make_ready").label == "Make it ready"
    assert app.error and not app.exception
    assert len(insects.catalog.jobs.all()) == 1
