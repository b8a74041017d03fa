"""Every playground opens, answers a parameter, and moves in a real browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from core.playground import LESSONS
from core.playground.lesson import Lesson
from core.playground.parameters import Slider
from tests.app import open_studio
from ui.playground.stage import stage_key

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))


def open_lesson(lesson: Lesson, **address: str) -> AppTest:
    app = open_studio()
    app.switch_page(f"../pages/playground/{lesson.id}.py")
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


def shown(app: AppTest) -> dict:
    """What the stage was given to draw."""
    (stage,) = app.get("bidi_component")
    return json.loads(stage.proto.json)


def slider(lesson: Lesson) -> Slider:
    return next(p for p in lesson.parameters if isinstance(p, Slider))


def moved(lesson: Lesson) -> float:
    """Another value than the default of the first slider."""
    first = slider(lesson)
    return first.low if first.default != first.low else first.high


@each_lesson
def test_a_lesson_opens(lesson: Lesson) -> None:
    app = open_lesson(lesson)
    assert not app.exception and not app.error and not app.warning
    assert app.title[0].value == lesson.title
    data = shown(app)
    assert data["values"] == json.loads(json.dumps(lesson.defaults))
    assert "torch" in app.code[0].value


@each_lesson
def test_every_array_that_a_panel_names_is_in_the_trace(lesson: Lesson) -> None:
    data = shown(open_lesson(lesson))
    as_json = json.dumps([data["panels"], data["figures"], data["steers"]])
    names = {text for text in as_json.split('"') if "_" in text and text in data["arrays"]}
    for figure in data["figures"]:
        assert figure["values"] in names
    for panel in data["panels"]:
        series = [s[axis] for s in panel.get("series", []) for axis in ("x", "y", "group")]
        series += [path["points"] for path in panel.get("paths", [])] + (panel.get("dots") or [])
        series += [panel.get(field, "") for field in ("surface", "images", "row", "column")]
        series += [panel.get("window", ""), panel.get("known", ""), panel.get("values", "")]
        series += [*panel.get("weights", []), *panel.get("activations", [])]
        assert {name for name in series if name} <= data["arrays"].keys(), panel["title"]
    parameters = {parameter.name for parameter in lesson.parameters}
    assert {panel["edits"] for panel in data["panels"]} <= parameters | {""}


@each_lesson
def test_a_parameter_changes_the_picture_the_code_and_the_address(lesson: Lesson) -> None:
    app = open_lesson(lesson)
    before, code = shown(app), app.code[0].value
    name = slider(lesson).name
    wish = {"values": {**before["values"], name: moved(lesson)}, "seed": 3, "n": 1}
    app.session_state[stage_key(lesson)] = {"asked": {**wish, "settled": True}}
    app.run()
    after = shown(app)
    assert not app.exception and not app.warning
    assert after["n"] == 1 and after["values"][name] == moved(lesson)
    assert after["arrays"] != before["arrays"] and app.code[0].value != code
    address = {key: "".join(value) for key, value in app.query_params.items()}
    assert float(address[name]) == pytest.approx(moved(lesson)) and address["seed"] == "3"
    again = shown(open_lesson(lesson, **address))
    assert again["arrays"] == after["arrays"]


@each_lesson
def test_a_broken_address_is_said_and_shows_the_default_picture(lesson: Lesson) -> None:
    name = slider(lesson).name
    app = open_lesson(lesson, **{name: "<script>nan", "seed": "many"})
    assert not app.exception
    assert len(app.warning) == 2
    data = shown(app)
    assert (data["values"][name], data["seed"]) == (slider(lesson).default, 0)


@each_lesson
@pytest.mark.parametrize("wish", ["x", {"values": 3, "n": "many", "seed": None}, {"values": {}}])
def test_nonsense_from_the_browser_is_survived(lesson: Lesson, wish: object) -> None:
    app = open_lesson(lesson)
    app.session_state[stage_key(lesson)] = {"asked": wish}
    app.run()
    assert not app.exception and not app.error
    assert shown(app)["values"] == json.loads(json.dumps(lesson.defaults))


def picture(page: Page) -> list[str]:
    drawn = "canvases => canvases.map(one => one.toDataURL())"
    return [
        *page.locator(".root canvas").evaluate_all(drawn),
        *page.locator("td").all_inner_texts(),
    ]


@pytest.mark.slow
@each_lesson
def test_a_lesson_reacts_and_plays_in_a_browser(
    page: Page, empty_studio: str, lesson: Lesson
) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{empty_studio}/{lesson.id}")
    root = page.locator(".root[data-painted]")
    expect(root).to_be_visible()
    before = picture(page)
    handle = root.locator(f"input[data-parameter={slider(lesson).name}]")
    for _ in range(6):
        handle.press("ArrowRight")
    expect(root).not_to_have_attribute("data-painted", "0")
    page.wait_for_url(f"**/{lesson.id}?*{slider(lesson).name}=*")
    assert picture(page) != before
    link = page.url
    if root.locator(".timeless").count() == 0:
        root.get_by_role("button", name="To the start").click()
        expect(root).to_have_attribute("data-step", "0")
        root.get_by_role("button", name="Play").click()
        expect(root).not_to_have_attribute("data-step", "0")
    page.goto("about:blank")
    page.goto(link)
    expect(root).to_be_visible()
    expect(root.locator(".try[aria-pressed=true]")).to_have_count(0)
    assert page.url == link and not problems


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lesson", "cells", "first"),
    [("softmax", "Scores", 2.0), ("spreadsheet", "The table", 4.7)],
)
def test_a_cell_takes_a_number_and_leaves_nonsense(
    page: Page, empty_studio: str, lesson: str, cells: str, first: float
) -> None:
    page.goto(f"{empty_studio}/{lesson}")
    cell = page.get_by_role("textbox", name=f"{cells}: type your own").first
    expect(cell).to_have_value(f"{first:g}")
    before = picture(page)
    cell.fill("banana")
    cell.press("Tab")
    expect(cell).to_have_value(f"{first:g}")
    cell.fill("3,5")
    cell.press("Tab")
    page.wait_for_url(f"**/{lesson}?*=3.5*")
    expect(cell).to_have_value("3.5")
    assert picture(page) != before
    cell.fill("1e9")
    cell.press("Tab")
    expect(page.get_by_text("numbers too large were cut")).to_be_visible()
    expect(cell).not_to_have_value("1e9")
