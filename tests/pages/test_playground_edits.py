"""Playgrounds that a pointer edits: a curve is drawn, a start is set, points are added."""

from __future__ import annotations

from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Page, expect

from core.playground import LESSONS
from core.playground.lesson import Setting

pytestmark = pytest.mark.slow
Spot = tuple[float, float]


def edit(page: Page, spots: list[Spot]) -> None:
    """Drag over the first picture; spots are shares of its width and height."""
    page.locator(".root[data-painted]").wait_for()
    box = page.locator(".root canvas").first.bounding_box()
    assert box is not None
    for k, (right, down) in enumerate(spots):
        point = box["x"] + right * box["width"], box["y"] + down * box["height"]
        page.mouse.move(*point, steps=8 if k else 1)
        if not k:
            page.mouse.down()
    page.mouse.up()


def shown(page: Page, lesson_id: str, name: str) -> Setting:
    """The setting of the address, once it says something of this parameter."""
    page.wait_for_url(f"**/{lesson_id}?*{name}=*")
    query = {key: values[0] for key, values in parse_qs(urlparse(page.url).query).items()}
    setting = next(lesson for lesson in LESSONS if lesson.id == lesson_id).read(query)
    assert not setting.complaints
    return setting


def test_a_curve_is_drawn_by_hand_and_chosen(page: Page, empty_studio: str) -> None:
    page.goto(f"{empty_studio}/relu")
    edit(page, [(0.16, 0.8), (0.5, 0.2), (0.95, 0.8)])
    values = shown(page, "relu", "drawn").values
    drawn = values["drawn"]
    assert values["curve"] == "drawn" and len(drawn) == 33
    assert max(drawn) == max(drawn[12:20]) > 0.8 and min(drawn[1], drawn[-2]) < -0.4
    expect(page.locator(".root").get_by_role("button", name="drawn")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_a_click_sets_where_all_six_start(page: Page, empty_studio: str) -> None:
    page.goto(f"{empty_studio}/optimizers")
    edit(page, [(0.9, 0.1)])
    x, y = shown(page, "optimizers", "start").values["start"]
    assert x > 2.5 and y > 2.5


def test_a_click_adds_a_point_of_either_kind(page: Page, empty_studio: str) -> None:
    page.goto(f"{empty_studio}/boundary?layers=1")
    edit(page, [(0.9, 0.1)])
    first = shown(page, "boundary", "own").values
    assert first["data"] == "own points" and first["layers"] == 1
    page.keyboard.down("Shift")
    before = page.url
    edit(page, [(0.3, 0.7)])
    page.keyboard.up("Shift")
    page.wait_for_url(lambda url: url != before)
    points = shown(page, "boundary", "own").values["own"]
    assert len(points) == len(first["own"]) + 3
    assert first["own"][-1] == 0 and points[-1] == 1 and points[-3] < 0 and points[-2] < 0


def test_only_the_controls_of_the_chosen_units_are_there(page: Page, empty_studio: str) -> None:
    page.goto(f"{empty_studio}/relu")
    root = page.locator(".root[data-painted]")
    second, width = (root.locator(f"input[data-parameter={name}]") for name in ("m2", "width"))
    expect(second).to_be_hidden()
    expect(width).to_be_hidden()
    root.get_by_role("button", name="two", exact=True).click()
    expect(second).to_be_visible()
    root.get_by_role("button", name="many", exact=True).click()
    expect(width).to_be_visible()
    expect(second).to_be_hidden()
