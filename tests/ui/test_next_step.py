"""The next step in words: one primary button on a page, and what it does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from streamlit.testing.v1 import AppTest

from core.context import Context
from core.events import LabelsDoubted
from core.next_step import Standing, Step, StepKind, next_step
from core.records import Run
from tests.app import open_page
from tests.browser import ROOT
from tests.builders import a_scored_workspace
from ui.next_step import OWN, PAGE_OF, offer_of

LOOP = ("home", "dataset", "training", "review", "runs", "interpretation", "export")
RUN = Run(1, "*quick*", "quick", {}, ("ant", "bee"), "2026-01-01T00:00:00+00:00", "completed", 1)
NOW = Standing(pictures=1393, classes=14, quick=RUN, suspects=("a",) * 16)
BUTTONS = {
    "Train the quick model (about 28 s on two cores)": replace(NOW, quick=None),
    "Review 16 suspicious labels": NOW,
    "Review 1 suspicious label": replace(NOW, suspects=("a",)),
    "Review the most suspicious labels": replace(NOW, suspects=None),
    "Train again on 6 changes (about 12 s)": replace(NOW, suspects=(), changed=6, again_s=12.0),
    "Train again on 1 change": replace(NOW, suspects=(), changed=1),
    "Train again on 1 change and 20 new pictures": replace(NOW, suspects=(), changed=1, added=20),
    "Export": replace(NOW, suspects=()),
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def insects(home: Path) -> Context:
    return a_scored_workspace(home, {"ant": 8, "bee": 8})


@pytest.mark.parametrize("button", BUTTONS)
def test_the_button_says_what_and_how_long(button: str) -> None:
    now = BUTTONS[button]
    assert offer_of(now, next_step(now)).button == button


@pytest.mark.parametrize("kind", [k for k in get_args(StepKind) if k != "wait"])
def test_every_step_has_words_and_a_page(kind: StepKind) -> None:
    offer = offer_of(NOW, Step(kind, 2))
    assert offer.why.endswith(".") and offer.button
    assert "*quick*" not in offer.why  # a name is only a name
    assert (ROOT / "pages" / f"{PAGE_OF[kind]}.py").is_file()


def test_a_page_that_has_a_button_of_its_own_is_where_the_step_leads() -> None:
    assert all(PAGE_OF[kind] == page or kind == "train again" for page, kind in OWN)


def primaries(app: AppTest) -> list[str]:
    """Those in sight: the one that deletes a run is in a popover."""
    shown = [b for b in app.button if b.proto.type == "primary" and b.key != "delete_run"]
    return [button.label for button in shown]


@pytest.mark.parametrize("page", [p for p in LOOP if p not in ("home", "dataset")])
def test_an_empty_workspace_leads_to_its_pictures(page: str) -> None:
    app = open_page(page)
    assert primaries(app) == ["Bring pictures"]
    app.button(key="next_step").click().run()
    assert app.title[0].value == "Dataset"


@pytest.mark.parametrize("page", LOOP)
def test_a_page_has_one_primary_button(insects: Context, page: str) -> None:
    doubted = insects.catalog.images.all()[0].id
    insects.catalog.runs.record(1, LabelsDoubted((doubted,)))
    shown = [] if page == "review" else ["Review 1 suspicious label"]
    assert primaries(open_page(page)) == shown


def test_what_is_done_is_not_primary_any_more(insects: Context) -> None:
    insects.catalog.runs.record(1, LabelsDoubted(()))
    assert primaries(open_page("export")) == ["Export"]
    (insects.workspace.exports / "1-quick-1").mkdir(parents=True)
    assert primaries(open_page("export")) == ["Fine-tune the whole network"]
    assert primaries(open_page("training")) == ["Fine-tune"]


def test_when_all_is_looked_at_review_leads_to_training(insects: Context) -> None:
    first = insects.catalog.images.all()[0]
    insects.catalog.runs.record(1, LabelsDoubted((first.id,)))
    assert primaries(open_page("review")) == []
    insects.catalog.journal.relabel(first.id, "bee" if first.label == "ant" else "ant")
    assert primaries(open_page("review")) == ["Train again on the cleaned data"]


def test_while_something_goes_on_nothing_else_is_offered(insects: Context) -> None:
    job = insects.catalog.jobs.create("quick", {})
    app = open_page("runs")
    assert job.state == "starting"
    assert primaries(app) == []


def test_the_step_is_started_where_it_is_offered(
    insects: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs._spawn", lambda *_: None)
    first = insects.catalog.images.all()[0]
    insects.catalog.runs.record(1, LabelsDoubted(()))
    insects.catalog.journal.relabel(first.id, "bee" if first.label == "ant" else "ant")
    app = open_page("runs")
    app.button(key="next_step").click().run()
    assert app.title[0].value == "Training"
    job = insects.catalog.jobs.latest("quick")
    assert job is not None and job.args == {}
