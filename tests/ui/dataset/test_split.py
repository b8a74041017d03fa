"""The Split section: how the split stands, and choosing another one before the first training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.catalog import open_catalog
from core.catalog.lookalikes import NearPair
from core.context import Context
from core.dataset.split import missing_sides
from core.workspace import open_workspace
from tests.app import open_page
from tests.builders import a_context, a_record, fill
from ui.dataset.split import side_reasons


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    home = tmp_path / "home"
    monkeypatch.setenv("TOPLOSS_HOME", str(home))
    workspace = open_workspace(home, "insects")
    return a_context(workspace, open_catalog(workspace))


def open_section() -> AppTest:
    return open_page("dataset", section="Split")


def text_of(app: AppTest) -> str:
    assert not app.exception
    return " ".join(
        str(part.value) for part in [*app.markdown, *app.info, *app.error, *app.caption]
    )


def test_a_split_is_chosen_before_the_first_training(opened: Context) -> None:
    fill(opened, {"ant": 20, "bee": 20})
    before = {image.id: image.side for image in opened.catalog.images.all()}
    app = open_section()
    app.slider(key="split_share").set_value(40)
    app.number_input(key="split_seed").set_value(7)
    app.button(key="split_anew").click().run()
    text_of(app)
    assert (opened.catalog.seed, opened.catalog.valid_share) == (7, 0.4)
    assert {image.id: image.side for image in opened.catalog.images.all()} != before
    assert not missing_sides(opened.catalog.images.counts())


def test_after_a_training_it_says_why_not(opened: Context) -> None:
    fill(opened, {"ant": 4, "bee": 4})
    opened.catalog.runs.create("quick", {}, ["ant", "bee"])
    app = open_section()
    valid = sum(sides["valid"] for sides in opened.catalog.images.counts().values())
    assert f"The split stands. {valid / 8:.0%} of the pictures in use are for valid" in text_of(app)
    assert "chance was asked for 20% (seed 42)" in text_of(app)
    assert "split_anew" not in [button.key for button in app.button]


def test_groups_and_the_field_test_are_counted(opened: Context) -> None:
    images = [replace(a_record(k), split_group="one" if k < 3 else f"{k}") for k in range(8)]
    test = [
        replace(a_record(k, side="test"), side_reason="field test", split_group=f"{k}")
        for k in range(8, 12)
    ]
    opened.catalog.images.add("a test", [*images, *test], [], 0)
    text = text_of(open_section())
    assert "3 pictures in 1 group" in text
    assert "Whether copies are on both sides was not looked at yet" in text
    opened.catalog.lookalikes.replace_pairs([NearPair(images[4].id, test[0].id, 0.9)], "")
    text = text_of(open_section())
    assert "Each group is on one side" not in text
    assert "**1 pair is on both sides all the same:**" in text
    assert "**Field test:** 4 pictures" in text


def test_an_empty_workspace_has_a_split_to_choose(opened: Context) -> None:
    app = open_section()
    assert not app.exception
    app.number_input(key="split_seed").set_value(3)
    app.button(key="split_anew").click().run()
    assert opened.catalog.seed == 3


def test_every_picture_is_in_the_plot_once() -> None:
    drawn = side_reasons({"train": {"hash": 5, "folder": 2}, "test": {"manifest": 3}})
    assert drawn.layout.yaxis.ticktext == ("test: 3 (30%)", "training: 7 (70%)")
    bars = {bar.name: bar.x for bar in drawn.data}
    assert bars == {"chance": (0, 5), "folder": (0, 2), "manifest": (3, 0)}
