"""Home: of an empty workspace the ways to begin, of a full one where it stands."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.catalog import Catalog
from core.context import Context
from core.events import EpochEnded, LabelsDoubted, RunEnded
from core.workspace import Workspace
from tests.app import open_page
from tests.builders import a_scored_workspace, pictures_of


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are only written down; the work itself is tried elsewhere."""
    monkeypatch.setattr("core.jobs._spawn", lambda *_: None)


@pytest.fixture
def insects(home: Path) -> Context:
    return a_scored_workspace(home, {"ant": 8, "bee": 8}, "My *insects*".replace("*", "_"))


def said(app: AppTest) -> str:
    return " ".join(element.value for element in [*app.markdown, *app.caption])


def started(home: Path, name: str) -> dict:
    from core.catalog import open_catalog

    catalog: Catalog = open_catalog(Workspace(home / name))
    job = catalog.jobs.latest("import")
    catalog.close()
    return dict(job.args)


def test_an_empty_workspace_offers_the_sample_first(no_worker: None, home: Path) -> None:
    app = open_page("home")
    assert app.title[0].value == "TopLoss"
    assert [b.label for b in app.button if b.proto.type == "primary"] == ["Load the sample"]
    app.button(key="load_sample").click().run()
    assert started(home, "Fruits") == {"way": "sample"}


def test_a_dropped_archive_is_imported(no_worker: None, home: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, data in pictures_of({"cat": 2, "dog": 2}).items():
            archive.writestr(path, data)
    app = open_page("home")
    app.file_uploader(key="home_drop").upload("pets.zip", packed.getvalue(), "application/zip")
    app.run()
    asked = started(home, "My first dataset")
    assert (asked["way"], asked["name"]) == ("archive", "pets.zip")
    sent = home / "My first dataset" / "uploads" / asked["upload"]
    assert sent.read_bytes() == packed.getvalue()


def test_a_folder_is_imported(no_worker: None, home: Path) -> None:
    app = open_page("home")
    app.button(key="home_import").click().run()
    assert "No folder is named" in app.error[0].value
    app.text_input(key="home_folder").input('"/pictures/of pets" ')
    app.button(key="home_import").click().run()
    assert started(home, "My first dataset") == {"way": "folder", "path": "/pictures/of pets"}


def test_a_public_demo_offers_no_folder_of_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOPLOSS_DEMO", "1")
    app = open_page("home")
    assert not app.error and "home_folder" not in {box.key for box in app.text_input}
    assert app.button(key="load_sample").label == "Load the sample"


def test_a_full_workspace_says_where_it_stands(insects: Context) -> None:
    runs, images = insects.catalog.runs, insects.catalog.images.all()
    runs.record(1, EpochEnded(0, 0, "head", 0.4, 0.25, 40))
    runs.record(1, LabelsDoubted(tuple(image.id for image in images[:5])))
    runs.record(1, RunEnded("completed"))
    insects.catalog.journal.keep(images[0].id)
    app = open_page("home")
    assert not app.exception and not app.error
    assert app.title[0].value.replace("\\", "") == "My _insects_"
    assert "16 pictures in 2 classes" in said(app)
    assert [metric.value for metric in app.metric] == ["75.0 %"]
    assert "59.8 to 85.8 %, from 40 validation images" in said(app)
    assert "1 kept" in said(app)
    assert app.button(key="next_step").label == "Review 4 suspicious labels"
    suspicious = " ".join(html.proto.body for html in app.get("html"))
    assert all(image.id in suspicious for image in images[1:4])
    assert images[0].id not in suspicious  # somebody looked at it
    assert images[4].id not in suspicious


def test_two_runs_are_a_plot(insects: Context) -> None:
    runs = insects.catalog.runs
    runs.record(1, EpochEnded(0, 0, "head", 0.4, 0.25, 40))
    assert not open_page("home").get("plotly_chart")
    again = runs.create("quick", {}, ["ant", "bee"])
    runs.store_predictions(again.id, "final", runs.predictions(1, "final"))
    runs.record(again.id, EpochEnded(0, 0, "head", 0.4, 0.2, 40))
    app = open_page("home")
    assert len(app.get("plotly_chart")) == 1
    assert [metric.value for metric in app.metric] == ["80.0 %"]


def test_a_run_that_never_checked_itself_has_no_accuracy(insects: Context) -> None:
    app = open_page("home")
    assert not app.exception and not app.metric


def test_home_reads_no_predictions(insects: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("predictions were read")

    monkeypatch.setattr("core.catalog.runs.Runs.predictions", refuse)
    app = open_page("home")
    assert not app.exception and not app.error
