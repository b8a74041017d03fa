"""Kits belong to one state of a run's weights, and say what a browser needs to know."""

from __future__ import annotations

import pytest

from core.bundle.evaluation import evaluate
from core.errors import StudioError
from core.events import RunEnded
from core.try_it.kit import FACTS, about, kit_of
from core.web.web_runtime import runtime_files
from tests.builders import a_scored_workspace
from tests.try_it_kit import a_kit, with_weights


@pytest.fixture
def insects(tmp_path):
    context = a_scored_workspace(tmp_path / "home", {"ant": 8, "bee": 8})
    yield context
    context.catalog.close()


def run_of(context):
    return context.catalog.runs.get(1)


def test_a_run_without_weights_has_no_kit_and_says_so(insects):
    with pytest.raises(StudioError, match="model file of this run is missing"):
        kit_of(insects, run_of(insects))


def test_a_kit_is_there_once_it_was_made(insects):
    with_weights(insects)
    assert kit_of(insects, run_of(insects)) is None
    kit = a_kit(insects)
    assert kit.threshold == 1.5 and kit.graph.is_file() and kit.looks.is_file()


def test_other_weights_want_another_kit(insects):
    a_kit(insects)
    with_weights(insects, data=b"trained further")
    assert kit_of(insects, run_of(insects)) is None


def test_a_kit_does_not_count_before_its_last_file_and_without_the_runtime(insects):
    kit = a_kit(insects)
    (kit.shelf.folder / f"{FACTS}.json").unlink()
    assert kit_of(insects, run_of(insects)) is None
    a_kit(insects)
    runtime_files(insects.settings.cache)[0].unlink()
    assert kit_of(insects, run_of(insects)) is None


def test_the_browser_is_told_the_names_and_the_temperature_of_today(insects):
    kit, run = a_kit(insects), run_of(insects)
    insects.catalog.classes.rename("bee", "honey bee")
    told = about(insects, run_of(insects), kit)
    assert told["labels"] == ["ant", "honey bee"] and run.classes == ("ant", "bee")
    assert told["temperature"] == evaluate(insects, run_of(insects)).temperature
    assert told["threshold"] == 1.5 and told["preprocessing"] == {"size": 64}


def test_a_run_that_was_deleted_has_none(insects):
    a_kit(insects)
    run = run_of(insects)
    insects.catalog.runs.end(run.id, RunEnded("completed"))
    insects.catalog.runs.delete(run.id)
    with pytest.raises(StudioError, match="There is no run 1"):
        kit_of(insects, run)
