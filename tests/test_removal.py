"""Nothing is removed, and nothing takes another's place, but by `core.owned` and `core.files`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_layers import FILES, name_of

MAY = {"core.owned", "core.files"}
ALWAYS = {"rmtree", "unlink", "rmdir", "removedirs"}
OF_MODULES = {"os": {"remove", "rename", "renames", "replace", "truncate"}, "shutil": {"move"}}
OF_PATHS = {"replace", "rename"}
"""`Path.replace` and `Path.rename` take one argument, those of texts and of classes take two."""


def removals(tree: ast.AST) -> Iterator[str]:
    """What a module does that removes a file or puts another in its place, as it is written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in OF_MODULES:
            names = {alias.name for alias in node.names} & (ALWAYS | OF_MODULES[node.module])
            yield from (f"from {node.module} import {name}" for name in names)
        elif isinstance(node, ast.Import):
            yield from (
                f"import {a.name} as {a.asname}"
                for a in node.names
                if a.asname and a.name in OF_MODULES
            )
        elif _always(node) or _of_path(node):
            yield ast.unparse(node)


def _always(node: ast.AST) -> bool:
    """Also where it is only handed on: `map(Path.unlink, files)`."""
    if not isinstance(node, ast.Attribute):
        return False
    owner = node.value.id if isinstance(node.value, ast.Name) else ""
    on_class = owner.endswith("Path") and node.attr in OF_PATHS
    return node.attr in ALWAYS | OF_MODULES.get(owner, set()) or on_class


def _of_path(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if node.func.attr not in OF_PATHS:
        return False
    named = {keyword.arg for keyword in node.keywords}
    return named == {"target"} or (len(node.args) == 1 and not named)


@pytest.mark.parametrize("file", [f for f in FILES if name_of(f) not in MAY], ids=name_of)
def test_no_module_removes_or_moves_by_itself(file: Path) -> None:
    assert list(removals(ast.parse(file.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "text",
    [
        "shutil.rmtree(a)", "a.unlink()", "(b / 'c').unlink(missing_ok=True)", "a.rmdir()",
        "os.remove(a)", "os.unlink(a)", "os.rename(a, b)", "os.replace(a, b)", "os.rmdir(a)",
        "shutil.move(a, b)", "a.rename(b)", "a.replace(b)", "a.rename(target=b)", "os.truncate(a)",
        "from shutil import rmtree", "from os import replace", "import shutil as s",
        "map(Path.unlink, files)", "call(shutil.rmtree, a)", "call(Path.replace, a)",
    ],
)  # fmt: skip
def test_every_way_of_removing_is_seen(text: str) -> None:
    assert len(list(removals(ast.parse(text)))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "text.replace('a', 'b')", "classes.rename(old, new)", "replace(item, side='test')",
        "at.replace(tzinfo=None)", "names.remove(name)", "from dataclasses import replace",
        "import shutil", "event.renames", "shutil.copyfile(a, b)", "TemporaryDirectory()",
    ],
)  # fmt: skip
def test_what_only_sounds_like_it_is_left_alone(text: str) -> None:
    assert list(removals(ast.parse(text))) == []
