"""Look-alikes on the page: driven by keys of widgets, and once by those of a keyboard."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from core.catalog.lookalikes import NearPair
from core.context import Context
from core.jobs import wait_for
from core.review.lookalikes import open_groups
from tests.browser import ROOT, free_port, server
from tests.builders import a_scored_workspace, fill
from ui.review.lookalikes import A_PAGE, KEY

SCRIPT = """import sys
sys.path.insert(0, {root!r})
from ui import state
from ui.messages import errors_shown
from ui.review.lookalikes import show_lookalikes

with errors_shown(), state.owned_catalog():
    show_lookalikes(state.workspace(), state.catalog(), False)
"""


@pytest.fixture
def insects(home: Path) -> Context:
    return a_scored_workspace(home, {"ant": 8, "bee": 8})


def alike(context: Context, *groups: tuple[int, ...]) -> list[list[str]]:
    """Store that these are look-alikes, by number in the order of arrival; their ids."""
    arrival = context.catalog.lookalikes.arrival()
    ids = sorted(arrival, key=arrival.__getitem__)
    pairs = [
        NearPair(ids[a], ids[b], 0.9)
        for group in groups
        for k, a in enumerate(group)
        for b in group[k + 1 :]
    ]
    context.catalog.lookalikes.replace_pairs(pairs, "features")
    return [[ids[k] for k in group] for group in groups]


def opened() -> AppTest:
    return AppTest.from_string(SCRIPT.format(root=str(ROOT)), default_timeout=30).run()


def data_of(app: AppTest) -> dict:
    assert not app.exception and not app.error
    (component,) = app.get("bidi_component")
    return json.loads(component.proto.json)


def sent(app: AppTest, *operations: dict) -> AppTest:
    numbered = [{"cid": "tab", "seq": k + 1, **op} for k, op in enumerate(operations)]
    app.session_state[KEY] = {"ops": numbered}
    return app.run()


def text_of(app: AppTest) -> str:
    return " ".join(e.value for kind in ("markdown", "success", "info") for e in app.get(kind))


def test_an_empty_workspace_says_so(home: Path) -> None:
    app = opened()
    assert "no pictures in this workspace" in text_of(app) and not app.button


def test_the_search_is_started_by_its_button(insects: Context) -> None:
    app = opened()
    app.button(key="lookalikes_search").click().run()
    assert not app.exception and not app.error
    job = insects.catalog.jobs.latest("lookalikes")
    assert wait_for(insects.workspace, insects.catalog, job.id, 60).state == "done"
    app = opened()
    assert "No look-alikes were found" in text_of(app)
    assert "by fingerprints alone" in text_of(app)


def test_pictures_that_came_since_are_counted(insects: Context) -> None:
    alike(insects, (0, 1))
    assert "came since" not in text_of(opened())
    fill(insects, {"ant": 2, "wasp": 1}, seed=500)
    assert "3 pictures came since the last search" in text_of(opened())


def test_a_group_is_shown_with_all_that_is_known_of_it(insects: Context) -> None:
    ((first, second),) = alike(insects, (0, 8))
    (group,) = data_of(opened())["groups"]
    members = {member["id"]: member for member in group["members"]}
    assert set(members) == {first, second}
    image = insects.catalog.images.get(second)
    assert members[second] == {
        "id": second,
        "src": f"picture/insects/{second}.jpg",
        "label": "bee",
        "side": image.side,
        "size": "48 × 32 px",
        "file": image.source_path,
        "similarity": members[second]["similarity"],
        "deleted": False,
        "best": False,
    }
    assert {member["similarity"] for member in members.values()} == {90, 100}
    assert members[first]["best"]
    assert group["notes"][0] == "Under different labels: ant, bee."


def test_a_leak_is_said(insects: Context) -> None:
    arrival = insects.catalog.lookalikes.arrival()
    images = sorted(insects.catalog.images.all(), key=lambda image: arrival[image.id])
    train = next(k for k, image in enumerate(images) if image.side == "train")
    label = images[train].label
    valid = next(k for k, i in enumerate(images) if i.side == "valid" and i.label == label)
    alike(insects, tuple(sorted((train, valid))))
    (group,) = data_of(opened())["groups"]
    note = "One is in training, one in validation: the validation result is flattered."
    assert group["notes"] == [note]


def test_what_is_sent_is_stored_once_and_the_group_stands_still(insects: Context) -> None:
    group, other = alike(insects, (0, 1, 2), (3, 4))
    delete = {"op": "delete", "ids": group[1:]}
    keep_all = {"op": "keep all", "ids": other}
    app = sent(opened(), delete, keep_all)
    app.run()
    assert insects.catalog.journal.count() == 4  # pictures
    shown = {frozenset(m["id"] for m in g["members"]): g for g in data_of(app)["groups"]}
    assert [m["deleted"] for m in shown[frozenset(group)]["members"]].count(True) == 2
    assert shown[frozenset(other)]["kept"] and not shown[frozenset(group)]["kept"]
    assert data_of(app)["handled"] == {"tab": 2}
    assert open_groups(insects.catalog) == []
    app = sent(app, delete, keep_all, {"op": "undo"}, {"op": "undo"})
    assert len(open_groups(insects.catalog)) == 2
    assert not any(m["deleted"] for g in data_of(app)["groups"] for m in g["members"])


def test_what_is_no_decision_is_said(insects: Context) -> None:
    alike(insects, (0, 1))
    app = sent(opened(), {"op": "keep all", "ids": "everything"}, {"op": "explode"})
    assert "no mark" in app.error[0].value and not app.exception
    assert len(open_groups(insects.catalog)) == 1


def test_all_settled_is_said_and_the_settled_ones_can_be_seen(insects: Context) -> None:
    (group,) = alike(insects, (0, 1))
    app = opened()
    app.segmented_control(key="lookalikes_show").set_value("settled").run()
    assert "No group is settled yet" in text_of(app)
    insects.catalog.journal.keep_all(group)
    app = opened()
    assert "All look-alikes are settled." in text_of(app)
    app.segmented_control(key="lookalikes_show").set_value("settled").run()
    (shown,) = data_of(app)["groups"]
    assert shown["kept"]


def test_one_page_of_groups_has_no_buttons_for_pages(insects: Context) -> None:
    alike(insects, *((2 * k, 2 * k + 1) for k in range(A_PAGE)))
    app = opened()
    assert len(data_of(app)["groups"]) == A_PAGE
    assert [button.key for button in app.button] == ["lookalikes_search"]


def test_the_next_page_shows_other_groups(
    insects: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.review.lookalikes.A_PAGE", 3)
    alike(insects, *((2 * k, 2 * k + 1) for k in range(8)))
    app = opened()
    seen = [m["id"] for g in data_of(app)["groups"] for m in g["members"]]
    for _ in range(2):
        app.button(key="lookalikes_next").click().run()
        seen += [m["id"] for g in data_of(app)["groups"] for m in g["members"]]
    assert len(seen) == len(set(seen)) == 16
    assert app.button(key="lookalikes_next").disabled
    app.button(key="lookalikes_previous").click().run()
    assert len(data_of(app)["groups"]) == 3


def test_a_new_search_is_shown(insects: Context) -> None:
    alike(insects, (0, 1))
    app = opened()
    job = insects.catalog.jobs.create("lookalikes", {})
    alike(insects, (2, 3), (4, 5))
    insects.catalog.jobs.begin(job.id)
    insects.catalog.jobs.end(job.id, "done")
    assert len(data_of(app.run())["groups"]) == 2


@pytest.mark.slow
def test_groups_are_decided_by_keys(insects: Context, page: Page, tmp_path: Path) -> None:
    alike(insects, (0, 1), (2, 3), (4, 5))
    script = tmp_path / "only_lookalikes.py"
    script.write_text(SCRIPT.format(root=str(ROOT)), encoding="utf-8")
    port = free_port()
    command = ["-m", "streamlit", "run", str(script), "--server.port", str(port)]
    with server(
        [*command, "--server.headless", "true"],
        insects.workspace.folder.parent,
        f"http://127.0.0.1:{port}",
    ) as url:
        page.goto(url)
        groups = page.locator(".group")
        expect(groups).to_have_count(3)
        page.keyboard.press("2")
        expect(groups.nth(0)).to_contain_text("One kept")
        page.keyboard.press("a")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("3 of 3 groups")
        wait_until(page, lambda: open_groups(insects.catalog) == [])
        assert len(insects.catalog.images.all("quarantined")) == 2
        assert [len(kept) for kept in insects.catalog.journal.kept_sets()] == [2]
        page.keyboard.press("u")
        page.keyboard.press("u")
        expect(page.get_by_role("status")).to_contain_text("1 of 3 groups")
        expect(groups.nth(1)).to_have_class(re.compile("current"))
        page.keyboard.press("Shift+U")
        expect(groups.nth(1)).to_contain_text("All kept")
        groups.nth(1).get_by_role("button", name="Ask again").click()
        groups.nth(2).get_by_role("combobox").first.select_option("bee")
        expect(groups.nth(2)).to_contain_text("Under different labels: ant, bee.")
        wait_until(page, lambda: len(open_groups(insects.catalog)) == 2)
        page.reload()
        expect(groups).to_have_count(2)
        groups.nth(1).get_by_role("button", name="Keep this one").first.click()
        wait_until(page, lambda: len(open_groups(insects.catalog)) == 1)


@pytest.mark.slow
def test_decisions_made_while_the_studio_is_away_are_stored_once_when_it_is_back(
    insects: Context, page: Page, tmp_path: Path
) -> None:
    alike(insects, (0, 1), (2, 3), (4, 5))
    script = tmp_path / "only_lookalikes.py"
    script.write_text(SCRIPT.format(root=str(ROOT)), encoding="utf-8")
    port, home = free_port(), insects.workspace.folder.parent
    command = ["-m", "streamlit", "run", str(script), "--server.port", str(port)]
    command += ["--server.headless", "true"]
    with server(command, home, f"http://127.0.0.1:{port}") as url:
        page.goto(url)
        expect(page.locator(".group")).to_have_count(3)
        page.keyboard.press("a")
        wait_until(page, lambda: len(insects.catalog.journal.kept_sets()) == 1)
    page.keyboard.press("a")
    page.keyboard.press("1")
    expect(page.get_by_text("2 marks are not stored yet")).to_be_visible()
    with server(command, home, f"http://127.0.0.1:{port}"):
        wait_until(page, lambda: open_groups(insects.catalog) == [])
        expect(page.get_by_role("status")).to_contain_text("2 of 2 groups")  # that are left
    kinds = [edit.kind for edit in insects.catalog.journal.history()]
    assert kinds == ["quarantine", *["keep all"] * 4]


def wait_until(page: Page, condition) -> None:
    for _ in range(100):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError("what was waited for did not happen")
