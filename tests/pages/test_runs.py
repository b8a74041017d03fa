"""The Runs page: what is compared, what is not, and what can be done with a run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.context import Context
from core.dataset.new_pictures import NewPicture
from core.events import EpochEnded, RunEnded
from core.owned import Mark, mark
from core.records import Predictions
from tests.app import open_page
from tests.builders import a_scored_workspace, pictures_of, run_import


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """Two runs; the second was checked on all validation images but one."""
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    context = a_scored_workspace(tmp_path / "home", {"ant": 20, "bee": 20})
    context.catalog.runs.record(1, RunEnded("completed"))
    add_run(context, valid_ids(context)[1:], "fine-tune", {"epochs": 2})
    return context


def valid_ids(context: Context) -> list[str]:
    return [image.id for image in context.catalog.images.all(sides=["valid"])]


def add_run(context: Context, ids: list[str], kind: str, config: dict) -> int:
    runs = context.catalog.runs
    run = runs.create(kind, config, ("ant", "bee"))
    probs = np.random.default_rng(run.id).dirichlet([1, 1], len(ids)).astype(np.float32)
    runs.store_predictions(run.id, "final", Predictions(tuple(ids), probs, run.classes))
    for epoch in range(3):
        runs.record(run.id, EpochEnded(4 * epoch, epoch, "head", 0.7, 0.5 / (1 + epoch), 8))
    runs.record(run.id, RunEnded("completed"))
    return run.id


def table(app: AppTest) -> dict[str, dict]:
    return {row["run"]: row for row in app.dataframe[0].value.to_dict("records")}


def text_of(app: AppTest) -> str:
    return " ".join(element.value for element in [*app.markdown, *app.caption, *app.error])


def test_runs_on_the_same_images_are_ranked(insects: Context) -> None:
    app = open_page("runs")
    rows = table(app)
    assert list(rows) == ["fine-tune 2", "quick 1"]
    assert all(row["accuracy, %"] == row["accuracy, %"] for row in rows.values())  # no NaN
    assert "1 validation images came after the newest run" in text_of(app)


def test_a_run_on_other_images_is_not_compared_silently(insects: Context) -> None:
    add_run(insects, valid_ids(insects), "quick", {})
    rows = table(open_page("runs"))
    assert np.isnan(rows["fine-tune 2"]["accuracy, %"])
    assert rows["fine-tune 2"]["not answered"] == 1
    app = open_page("runs")
    assert "fine-tune 2: checked on other images" in text_of(app)
    app.button(key="score_runs").click().run()
    job = insects.catalog.jobs.latest("score")
    assert job is not None and job.args == {"run_ids": [2]}


def test_every_pair_has_its_test(insects: Context) -> None:
    add_run(insects, valid_ids(insects), "quick", {})
    pairs = open_page("runs").dataframe[1].value
    assert len(pairs) == 3
    assert set(pairs["verdict"]) <= {"real", "can be chance"}


def test_a_run_is_renamed_and_noted(insects: Context) -> None:
    app = open_page("runs")
    app.text_input(key="name_2").input("second try")
    app.text_area(key="note_2").input("warmer light")
    app.button(key="save_2").click().run()
    run = insects.catalog.runs.get(2)
    assert (run.name, run.note) == ("second try", "warmer light")
    assert "second try" in table(app)


def test_a_name_that_is_taken_is_refused(insects: Context) -> None:
    app = open_page("runs")
    app.text_input(key="name_2").input("quick 1")
    app.button(key="save_2").click().run()
    assert "Another run is called" in text_of(app)


def test_a_run_is_deleted_with_its_files(insects: Context) -> None:
    folder = insects.workspace.run(2)
    mark(folder, Mark("run", "2"))
    (folder / "model.safetensors").write_bytes(b"weights")
    app = open_page("runs")
    app.button(key="delete_run").click().run()
    assert not app.exception
    assert [run.id for run in insects.catalog.runs.all()] == [1]
    assert not folder.exists()
    assert list(table(app)) == ["quick 1"]


@pytest.mark.parametrize("other_mark", [None, Mark("run", "1"), Mark("bundle", "2")])
def test_a_folder_that_is_not_marked_for_the_run_stays_and_is_said(insects, other_mark) -> None:
    folder = insects.workspace.run(2)
    folder.mkdir(parents=True)
    if other_mark:
        mark(folder, other_mark)
    (folder / "model.safetensors").write_bytes(b"weights")
    app = open_page("runs")
    app.button(key="delete_run").click().run()
    assert not app.exception
    assert [run.id for run in insects.catalog.runs.all()] == [1]
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    (toast,) = app.toast
    assert "so it was left" in toast.value


def test_a_run_is_repeated_with_its_configuration(insects: Context) -> None:
    app = open_page("runs")
    app.button(key="repeat_run").click().run()
    job = insects.catalog.jobs.latest("fine-tune")
    assert job is not None and job.args["epochs"] == 2


def test_a_pasted_recipe_is_checked(insects: Context) -> None:
    app = open_page("runs")
    text = json.dumps({"kind": "fine-tune", "config": {"epochs": -3}})
    app.text_area(key="pasted_recipe").input(text).run()
    app.button(key="start_recipe").click().run()
    assert "number of epochs" in text_of(app)
    assert insects.catalog.jobs.latest() is None


def test_new_pictures_do_not_change_what_was_compared(insects: Context) -> None:
    before = table(open_page("runs"))
    pictures = [
        NewPicture(path, path.split("/")[0], "valid", lambda data=data: data)
        for path, data in pictures_of({"ant": 4}, seed=77).items()
    ]
    run_import(insects, (pictures, []))
    app = open_page("runs")
    assert table(app) == before
    assert "5 validation images came after the newest run" in text_of(app)
