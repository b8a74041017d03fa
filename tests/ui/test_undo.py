"""One undo: whatever door a step was made at, every door takes back that step and no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.catalog import Catalog
from core.catalog.lookalikes import NearPair
from core.context import Context
from core.dataset.classes import add_class, delete_class, merge_class, rename_class
from tests.app import open_page
from tests.browser import ROOT
from tests.builders import a_scored_workspace
from ui.review.grid import KEY as GRID
from ui.review.lookalikes import KEY as LOOKALIKES

DRAWN = {
    "look-alikes": "show_lookalikes(state.workspace(), state.catalog(), False)",
    "history": "show_history(state.workspace(), state.catalog())",
    "check": "undo_button(state.catalog())",
}
SCRIPT = """import sys
sys.path.insert(0, {root!r})
from ui import state
from ui.dataset.check_pictures import undo_button
from ui.messages import errors_shown
from ui.review.history import show_history
from ui.review.lookalikes import show_lookalikes

with errors_shown(), state.owned_catalog():
    {drawn}
"""
Step = Callable[[Catalog, list[str]], object]
DONE: dict[str, Step] = {
    "relabel in the grid": lambda catalog, ids: catalog.journal.relabel(ids[0], "bee"),
    "delete in the gallery": lambda catalog, ids: catalog.journal.quarantine(ids[:2]),
    "keep in the check": lambda catalog, ids: catalog.journal.keep(ids[2]),
    "keep all look-alikes": lambda catalog, ids: catalog.journal.keep_all(ids[:2]),
    "ask again": lambda catalog, ids: catalog.journal.reopen(ids[4:6]),
    "add a class": lambda catalog, _: add_class(catalog, "wasp"),
    "rename a class": lambda catalog, _: rename_class(catalog, "ant", "emmet"),
    "merge a class": lambda catalog, _: merge_class(catalog, "bee", "ant"),
    "delete a class": lambda catalog, _: delete_class(catalog, "bee"),
}


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    context = a_scored_workspace(tmp_path / "home", {"ant": 8, "bee": 8})
    ids = ids_of(context.catalog)
    context.catalog.lookalikes.replace_pairs([NearPair(ids[0], ids[1], 0.9)], "")
    context.catalog.journal.relabel(ids[3], "bee")
    context.catalog.journal.keep_all(ids[4:6])
    return context


def ids_of(catalog: Catalog) -> list[str]:
    arrival = catalog.lookalikes.arrival()
    return sorted(arrival, key=arrival.__getitem__)


def stored(catalog: Catalog) -> object:
    return (
        [(i.id, i.label, i.status, i.reviewed) for i in catalog.images.of_any_status()],
        catalog.images.classes(),
        catalog.journal.kept_sets(),
    )


def press_undo(door: str, app: AppTest) -> AppTest:
    """As the browser does it at that door."""
    if door == "history":
        return app.button(key="history_undo").click().run()
    if door == "check":
        return app.button(key="check_undo").click().run()
    key = GRID if door == "grid" else LOOKALIKES
    sent = list(app.session_state[key]["ops"]) if key in app.session_state else []
    app.session_state[key] = {"ops": [*sent, {"cid": "tab", "seq": len(sent) + 1, "op": "undo"}]}
    return app.run()


@pytest.mark.parametrize("door", ["grid", *DRAWN])
def test_every_door_takes_back_the_last_step_wherever_it_was_made(door, insects) -> None:
    catalog, ids = insects.catalog, ids_of(insects.catalog)
    if door == "grid":
        app = open_page("review")
    else:
        script = SCRIPT.format(root=str(ROOT), drawn=DRAWN[door])
        app = AppTest.from_string(script, default_timeout=30).run()
    before = stored(catalog)
    for name, act in DONE.items():
        act(catalog, ids)
        assert stored(catalog) != before, name
        app = press_undo(door, app.run())
        assert not app.exception and not app.error, name
        assert stored(catalog) == before, f"{name}, taken back in {door}"
