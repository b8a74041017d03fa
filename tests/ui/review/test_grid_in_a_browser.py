"""The grid's script in a browser, with a server that the test plays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.ui.review.played_server import Grid, a_tile

pytestmark = pytest.mark.slow


@pytest.fixture
def grid(page: Page) -> Iterator[Grid]:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    grid = Grid(page)
    grid.draw()
    yield grid
    assert not errors


def test_keys_work_at_once_and_act_on_the_current_picture(grid: Grid) -> None:
    grid.press("k", "p", "d", "3", "ArrowLeft", "d")
    assert grid.marks() == [
        ("keep", [0], None),
        ("relabel", [1], "wasp, not a bee"),
        ("delete", [2], None),
        ("relabel", [3], "wasp, not a bee"),
        ("delete", [3], None),
    ]
    assert [op["seq"] for op in grid.sent()] == [1, 2, 3, 4, 5]
    assert len({op["cid"] for op in grid.sent()}) == 1
    expect(grid.tiles.nth(0)).to_have_class("tile kept")
    expect(grid.tiles.nth(1)).to_have_class("tile relabelled")
    expect(grid.tiles.nth(2)).to_have_class("tile deleted")
    expect(grid.tiles.nth(1).locator(".labels")).to_contain_text("ant✓ → wasp, not a bee")


def test_delete_again_restores(grid: Grid) -> None:
    grid.press("d", "ArrowLeft", "d")
    assert grid.marks() == [("delete", [0], None), ("restore", [0], None)]
    expect(grid.tiles.nth(0).get_by_role("button", name="Delete")).to_be_visible()


def test_a_mark_says_what_the_person_saw(grid: Grid) -> None:
    grid.press("2", "ArrowLeft", "d", "ArrowLeft", "d")
    seen = [op["was"] for op in grid.sent()]
    assert seen == [
        [{"label": "ant", "deleted": False}],
        [{"label": "bee", "deleted": False}],
        [{"label": "bee", "deleted": True}],
    ]


def test_while_an_undo_is_on_its_way_nobody_claims_to_know(grid: Grid) -> None:
    grid.press("u", "k")
    assert ["was" in op for op in grid.sent()] == [False, False]
    assert grid.marks()[0] == ("undo", [], None)


def test_acknowledged_marks_are_dropped_and_data_is_the_truth(grid: Grid) -> None:
    grid.press("d", "k")
    client = grid.sent()[0]["cid"]
    grid.draw(handled={client: 1})
    expect(grid.tiles.nth(0)).to_have_class("tile")  # refused: data does not know of it
    expect(grid.tiles.nth(1)).to_have_class("tile kept")
    grid.press("k")
    assert [op["seq"] for op in grid.sent()] == [2, 3]


def test_undo_and_redo_by_keys_and_buttons(grid: Grid) -> None:
    grid.press("u", "Shift+U", "Control+z", "Control+Shift+Z")
    grid.page.get_by_role("button", name="Undo").click()
    grid.page.get_by_role("button", name="Redo").click()
    assert [op["op"] for op in grid.sent()] == ["undo", "redo"] * 3
    grid.draw(announcement="Undone: ant → bee, 3 pictures")
    expect(grid.page.locator(".said")).to_have_text("Undone: ant → bee, 3 pictures")


def test_many_are_selected_and_marked_as_one(grid: Grid) -> None:
    grid.photo(1).click()
    grid.photo(3).click(modifiers=["Shift"])
    grid.photo(2).click(modifiers=["Control"])
    grid.photo(5).click(modifiers=["Control"])
    assert grid.selected() == [1, 3, 5]
    expect(grid.page.locator(".tray")).to_contain_text("3 selected")
    grid.press("2")
    assert grid.marks() == [("relabel", [1, 3, 5], "bee")]
    expect(grid.page.locator(".said")).to_have_text("ant → bee, 3 pictures")
    assert grid.selected() == []
    expect(grid.page.locator(".tray")).to_be_hidden()
    assert grid.current() == 6


def test_the_predicted_labels_of_a_selection(grid: Grid) -> None:
    grid.press("Control+a")
    assert len(grid.selected()) == 12
    grid.press("p")
    assert grid.marks() == [
        ("relabel", [0, 2, 4, 6, 8, 10], "bee"),
        ("relabel", [1, 3, 5, 7, 9, 11], "wasp, not a bee"),
    ]


def test_arrows_walk_and_with_shift_select(grid: Grid) -> None:
    grid.press("End")
    assert grid.current() == 11
    grid.press("Home", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight")
    assert (grid.current(), grid.selected()) == (3, [1, 2, 3])
    grid.press("Shift+ArrowLeft")
    assert grid.selected() == [1, 2]
    grid.press("Escape")
    assert grid.selected() == []
    grid.press("Control+ArrowRight", "Control+Space", "Control+ArrowRight", "Control+Space")
    assert grid.selected() == [3, 4]


def test_a_box_selects_and_its_click_does_not(grid: Grid) -> None:
    one, two = grid.photo(0).bounding_box(), grid.photo(1).bounding_box()
    assert one and two
    mouse = grid.page.mouse
    mouse.move(one["x"] + 40, one["y"] + 40)
    mouse.down()
    mouse.move(two["x"] + 30, two["y"] + 60, steps=4)
    expect(grid.page.locator(".box")).to_be_visible()
    mouse.up()
    assert grid.selected() == [0, 1]
    assert grid.page.locator(".box").count() == 0
    grid.photo(4).click()
    assert grid.selected() == [4]


def test_fingers_select_in_their_mode(grid: Grid) -> None:
    grid.page.get_by_role("button", name="Select", exact=True).click()
    grid.photo(0).click()
    grid.photo(2).click()
    assert grid.selected() == [0, 2]
    grid.page.locator(".tray").get_by_role("button", name="Keep").click()
    assert grid.marks() == [("keep", [0, 2], None)]


def test_a_label_is_typed(grid: Grid) -> None:
    names = [*(f"class {n}" for n in range(300)), "Ärmel", "über bee", "bee", "honeybee"]
    grid.draw(classes=names)
    grid.press("/")
    grid.page.keyboard.type("bee")
    matches = grid.page.locator(".found button")
    assert matches.all_text_contents() == ["bee", "über bee", "honeybee"]
    grid.press("ArrowDown", "Enter")
    assert grid.marks() == [("relabel", [0], "über bee")]
    assert not grid.page.locator("dialog.zoom").is_visible()  # one key does one thing
    grid.press("/")
    grid.page.keyboard.type("arm")
    assert matches.all_text_contents() == ["Ärmel"]
    grid.press("Escape", "k")
    assert grid.marks()[1:] == [("keep", [1], None)]
    grid.press("/")
    assert matches.count() == 8


def test_many_classes_are_typed_on_the_tile_too(grid: Grid) -> None:
    grid.draw(classes=[f"class {n}" for n in range(31)])
    grid.tiles.nth(2).get_by_role("button", name="Label").click()
    grid.page.keyboard.type("30")
    grid.press("Enter")
    assert grid.marks() == [("relabel", [2], "class 30")]


def test_the_zoom_shows_what_is_known_and_takes_marks(grid: Grid) -> None:
    grid.press("ArrowRight", " ")
    zoom = grid.page.locator("dialog.zoom")
    expect(zoom).to_contain_text("4032 × 3024 px")
    expect(zoom).to_contain_text("bees.zip")
    expect(zoom.locator(".row")).to_have_count(2)
    expect(zoom.locator(".row").nth(1)).to_contain_text("0.4 %")
    expect(zoom.locator("figure")).to_have_attribute("title", "bee, reviewed · 93 % similar")
    grid.press("2")
    assert grid.marks() == [("relabel", [1], "bee")]
    expect(zoom).to_contain_text("3 of 12")
    grid.press("ArrowLeft", "h")
    expect(zoom.locator(".heat")).to_have_attribute("src", "heat.jpg?class=bee")
    grid.press("Escape")
    expect(zoom).to_be_hidden()
    assert grid.current() == 1
    grid.press("k")
    assert grid.marks()[1:] == [("keep", [1], None)]


def test_space_closes_the_zoom_and_a_heat_map_may_fail(grid: Grid) -> None:
    grid.page.route("**/heat.jpg*", lambda route: route.fulfill(status=404))
    grid.press(" ")
    zoom = grid.page.locator("dialog.zoom")
    expect(zoom).to_contain_text("bees.zip")
    grid.press("h")
    expect(zoom).to_contain_text("The heat map could not be made.")
    expect(zoom.locator(".heat")).to_be_hidden()
    grid.press(" ")
    expect(zoom).to_be_hidden()


def test_what_is_missing_in_the_zoom_is_left_out(grid: Grid) -> None:
    grid.detail = lambda route: route.fulfill(json={"file": "a.jpg", "heatmap": None})
    grid.press(" ")
    zoom = grid.page.locator("dialog.zoom")
    expect(zoom).to_contain_text("a.jpg")
    expect(zoom.get_by_role("button", name="Heat map")).to_be_hidden()
    grid.detail = lambda route: route.fulfill(status=500)
    grid.press("ArrowRight")
    expect(zoom).to_contain_text("More about this picture could not be loaded.")
    expect(zoom).to_contain_text("ants/1.jpg")


def test_thumbnails_come_together_and_one_by_one_when_that_fails(grid: Grid) -> None:
    thumbnails = [url for url in grid.requests if "/thumbnails/" in url]
    assert len(thumbnails) == 1
    grid.page.route("**/thumbnails/**", lambda route: route.abort())
    grid.draw(count=3, first=100)
    source = f"picture/insects/{100:064x}.jpg"
    expect(grid.photo(0).locator("img")).to_have_attribute("src", source)


def test_names_are_text(grid: Grid) -> None:
    name = "<img src=x onerror=alert(1)> & a very long name of a class indeed"
    grid.draw(classes=[name, "bee"], tiles=[a_tile(0, label=name, predicted=name, file=name)])
    label = grid.tiles.nth(0).locator(".given")
    expect(label).to_have_text(name)
    box, tile = label.bounding_box(), grid.tiles.nth(0).bounding_box()
    assert box and tile and box["width"] <= tile["width"] and box["height"] < 30
    assert name in (label.get_attribute("title") or "")


def test_focus_stays_across_reruns_and_is_not_stolen_from_a_field(grid: Grid) -> None:
    focused = "document.getElementById('host').shadowRoot.activeElement?.dataset.k"
    grid.press("ArrowRight", "ArrowRight")
    grid.draw()
    assert grid.page.evaluate(focused) == "2"
    grid.draw(first=50)
    assert grid.page.evaluate(focused) == "0"
    grid.page.locator("#elsewhere").focus()
    grid.draw(first=80)
    assert grid.page.evaluate("document.activeElement.id") == "elsewhere"


def test_a_screen_reader_hears_what_a_tile_is(grid: Grid) -> None:
    row = grid.page.get_by_role("row").nth(0)
    expect(row).to_have_attribute("aria-label", "given ant, predicted bee (87 %) ants/0.jpg")
    grid.press("k")
    expect(grid.page.locator(".said")).to_have_text("kept ant")
    expect(row).to_have_attribute(
        "aria-label", "kept ant; given ant, predicted bee (87 %) ants/0.jpg"
    )
    assert grid.page.locator(".tile[tabindex='0']").count() == 1


def test_nothing_is_left_behind_after_many_marks_and_pages(grid: Grid) -> None:
    tool = grid.page.context.new_cdp_session(grid.page)
    tool.send("HeapProfiler.enable")

    def counts() -> tuple[int, int]:
        tool.send("HeapProfiler.collectGarbage")
        counters = tool.send("Memory.getDOMCounters")
        return counters["nodes"], counters["jsEventListeners"]

    turn_pages(grid, 3)
    nodes, listeners = counts()
    turn_pages(grid, 10)
    after = counts()
    assert after[0] <= nodes * 1.1
    assert after[1] <= listeners * 1.1
    assert grid.page.evaluate("sent.length") <= 5


def turn_pages(grid: Grid, times: int) -> None:
    for n in range(times):
        grid.draw(count=24, first=100 * n)
        grid.press("k", "2", "d", "u", " ", "Escape")
        last = grid.sent()[-1]
        grid.draw(count=24, first=100 * n, handled={last["cid"]: last["seq"]})
