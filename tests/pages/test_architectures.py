"""The page that compares architectures, driven by its widgets."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.context import Context
from core.models import hub
from core.training.architecture_results import Candidate
from tests.app import open_page
from tests.builders import a_scored_workspace


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    return a_scored_workspace(tmp_path / "home", {"ant": 8, "bee": 8})


@pytest.fixture
def studied(insects: Context) -> Context:
    rows = [
        Candidate("resnet18", "frozen features", 11_689_512, "1" * 9 + "0", 12.0, 5.0),
        Candidate("tf_efficientnet_lite0", "frozen features", 4_652_008, "0" * 10, 9.0, 4.0),
        Candidate("levit_128s", "frozen features", 7_778_954, error="The hub is away."),
    ]
    study = insects.catalog.studies.create("architectures", {})
    insects.catalog.studies.store(study, [asdict(row) for row in rows])
    return insects


def text_of(app: AppTest) -> str:
    return " ".join(element.value for element in [*app.warning, *app.info])


def test_the_installed_ones_are_chosen_at_first(insects: Context) -> None:
    app = open_page("architectures")
    assert len(app.multiselect(key="chosen_architectures").value) == 3
    assert app.button(key="compare").label == "Compare 3"
    assert not text_of(app)


def test_search_says_what_there_is_of_each(insects: Context) -> None:
    app = open_page("architectures")
    app.text_input(key="architecture_search").input("resnet18").run()
    table = app.dataframe[0].value
    assert table["name"][0] == "resnet18"
    assert table["parameters, M"][0] == 11.7
    assert table["pretrained weights"][0] in ("to download", "downloaded")


def test_what_cannot_be_had_is_said_before_it_is_tried(
    insects: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    app = open_page("architectures")
    names = ["resnet18", "beit3_giant_patch14_224"]
    app.multiselect(key="chosen_architectures").set_value(names).run()
    assert "no pretrained weights of beit3_giant_patch14_224" in text_of(app)
    assert "weights of resnet18 would have to be downloaded" in text_of(app)


def test_results_are_shown_with_the_difference_and_the_failure(studied: Context) -> None:
    app = open_page("architectures")
    assert not app.exception
    table = app.dataframe[1].value
    assert list(table["right"]) == ["9 of 10", "0 of 10"]
    assert table["against the best"][1].startswith("worse (p = 0.0039")
    assert "levit\\_128s" in text_of(app) or "levit_128s" in text_of(app)
    assert "The hub is away." in text_of(app)


def test_the_chosen_one_is_taken_to_training(studied: Context) -> None:
    app = open_page("architectures")
    app.selectbox(key="use_architecture").select("tf_efficientnet_lite0").run()
    app.button(key="take_to_training").click().run()
    assert app.session_state["architecture"] == "tf_efficientnet_lite0"
    assert app.title[0].value == "Training"
