"""The words on the screen are those of ARCHITECTURE.md, and the modules that it names for them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.browser import ROOT

_, _, _REST = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("## Words")
LINES = [line for line in _REST.partition("\n## ")[0].splitlines() if line.startswith("| ")]
ROWS = [line.strip("| ").split(" | ") for line in LINES[1:]]  # without the heads of its columns
WHERE = {word: re.findall(r"`([^`]+)`", modules) for word, modules, _ in ROWS}
PATHS = {path for paths in WHERE.values() for path in paths}


def strings(tree: ast.Module) -> Iterator[str]:
    """The texts of a module, without those that only describe it."""
    describing = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in describing:
            yield text


def test_every_word_has_its_modules() -> None:
    assert len(WHERE) == len(ROWS) > 30
    assert [word for word, paths in WHERE.items() if not paths] == []
    assert {path for path in PATHS if not (ROOT / path).exists()} == set()


def test_every_word_is_on_the_screen_as_it_is_written() -> None:
    files = [*ROOT.glob("pages/**/*.py"), *ROOT.glob("ui/**/*.py")]
    texts = [text for file in files for text in strings(ast.parse(file.read_text("utf-8")))]
    patterns = {word: re.compile(rf"\b{re.escape(word)}(?!\w)") for word in WHERE}
    assert [word for word, p in patterns.items() if not any(map(p.search, texts))] == []


def test_every_page_is_listed() -> None:
    """Those that only lead to what others show have no noun of their own."""
    pages = {file.stem for file in ROOT.glob("pages/*.py")} - {"home", "guide"}
    assert {page for page in pages if f"pages/{page}.py" not in PATHS} == set()
