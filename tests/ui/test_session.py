"""What is kept in a browser session is declared, and is names, ids and plain values."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.catalog.lookalikes import NearPair
from core.context import Context
from tests.browser import ROOT
from tests.builders import a_scored_workspace
from tests.pages.test_pages import PAGES, open_page
from ui.session import kinds_of
from ui.training import settings

MODULES = [*ROOT.glob("ui/**/*.py"), *ROOT.glob("pages/**/*.py")]
SESSION = ("st.session_state", "session")
PLAIN = (str, int, float, bool, type(None))


def uses(tree: ast.AST) -> Iterator[tuple[ast.expr, bool]]:
    """The keys that a module uses of the session, and whether it writes under them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) in SESSION:
            yield node.slice, isinstance(node.ctx, ast.Store)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            elsewhere = ast.unparse(node.func.value) not in SESSION
            yield from () if elsewhere else ((node.args[0], node.func.attr not in ("get", "pop")),)
        elif isinstance(node, ast.Compare) and ast.unparse(node.comparators[0]) in SESSION:
            yield node.left, False


def key_of(node: ast.expr, file: Path) -> str | None:
    """The key that an expression stands for, with `*` for what is only known later; None for the
    key of a widget that a function was handed.
    """
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(p.value) if isinstance(p, ast.Constant) else "*" for p in node.values)
    if isinstance(node, ast.Name) and node.id.isupper():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for imported in (n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)):
            if node.id in [alias.name for alias in imported.names]:
                return str(getattr(importlib.import_module(str(imported.module)), node.id))
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        return str(getattr(importlib.import_module(module), node.id))
    return None


HANDED = {"ui/training/settings.py", "ui/state.py"}
"""Write under the keys of a mapping, and under all keys: what they write is checked below."""


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_is_written_in_the_session_is_declared(file: Path) -> None:
    name = str(file.relative_to(ROOT))
    for node, writes in uses(ast.parse(file.read_text(encoding="utf-8"))):
        key = key_of(node, file)
        if key is None:
            assert not writes or name in HANDED, f"{name}:{node.lineno} {ast.unparse(node)}"
        elif writes:
            assert kinds_of(key), f"{name}:{node.lineno} {key}"


def test_an_undeclared_key_is_noticed() -> None:
    (use,) = uses(ast.parse("st.session_state['nobody_knows_it'] = 1"))
    assert use[1] and kinds_of("nobody_knows_it") is None and kinds_of("zip_number")


def test_every_setting_of_the_training_is_declared() -> None:
    assert all(kinds_of(key) for key in settings.KEYS.values())


def is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(is_plain(part) for part in [*value, *value.values()])
    if isinstance(value, (list, tuple, frozenset)) and type(value) in (list, tuple, frozenset):
        return all(is_plain(part) for part in value)
    return type(value) in PLAIN


def check(app: AppTest) -> set[str]:
    """Assert that what is declared is of its type; the keys that were written."""
    assert not app.exception and not app.error
    keys = set()
    for key, value in app.session_state._state.filtered_state.items():
        kinds = kinds_of(key)
        if kinds and value is not None:
            assert isinstance(value, kinds), f"{key} holds {value!r}"
            assert is_plain(value), f"{key} holds {value!r}"
            keys.add(key)
    return keys


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    context = a_scored_workspace(tmp_path / "home", {"ant": 8, "bee": 8})
    first, second = (image.id for image in context.catalog.images.all()[:2])
    context.catalog.lookalikes.replace_pairs([NearPair(first, second, 0.9)], "features")
    return context


@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_plain_values_of_the_declared_types(insects: Context, name: str) -> None:
    assert "workspace" in check(open_page(name))


def test_so_do_the_look_alikes(insects: Context) -> None:
    app = open_page("review")
    keys = check(app.segmented_control(key="review_view").set_value("Look-alikes").run())
    assert {"lookalikes_groups", "lookalikes_question", "review_queue", "review_version"} <= keys


def test_so_do_changes_of_classes_and_what_went_wrong(insects: Context) -> None:
    app = open_page("dataset")
    app.segmented_control(key="section").set_value("Classes").run()
    app.text_input(key="class_new").set_value("wasp")
    app.button(key="class_add_do").click().run()
    assert "class_change" in check(app)
    assert any("wasp" in element.value for element in app.markdown)
    app.button(key="class_undo").click().run()
    assert "wasp" not in insects.catalog.images.classes()
