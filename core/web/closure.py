"""Which of the studio's own modules a program needs, and which libraries: read from their source.

Imports at the top of a module are always needed; those inside functions when the function is. A
module that is imported inside a function and needs a library that is not wanted (torch) is left
out, with all that only it needs.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
OWN = "core"


class Imports(NamedTuple):
    """Modules that a file imports: always, and only when some function runs."""

    at_once: frozenset[str]
    later: frozenset[str]


class Closure(NamedTuple):
    """What a program needs: files below ROOT, and the top names of libraries."""

    files: tuple[Path, ...]
    libraries: frozenset[str]


def closure(program: Path, without: Collection[str] = ()) -> Closure:
    """All that a program imports, directly or not, but modules that need a library in `without`."""
    files, libraries, waiting = {program}, set[str](), [program]
    while waiting:
        imports = imports_of(waiting.pop())
        later = {m for m in imports.later if not _needs(m, without)}
        libraries |= {m.partition(".")[0] for m in imports.at_once | later if not _file(m)}
        new = {f for m in imports.at_once | later for f in _with_packages(m)} - files
        files |= new
        waiting += new
    return Closure(tuple(sorted(files)), frozenset(libraries - sys.stdlib_module_names))


def pinned(requirements: str, libraries: Collection[str]) -> list[str]:
    """The lines of a requirements.txt, without remarks, of the libraries with these import names.

    Libraries without a line are those that others bring.
    """
    by_import = _distributions()
    distributions = {_plain(name) for library in libraries for name in by_import.get(library, ())}
    lines = [line.partition("#")[0].strip() for line in requirements.splitlines()]
    return [line for line in lines if _plain(line.partition("==")[0]) in distributions]


@lru_cache(maxsize=1)  # it reads what each installed package holds
def _distributions() -> Mapping[str, list[str]]:
    return packages_distributions()


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _needs(module: str, libraries: Collection[str]) -> bool:
    """Whether importing a module imports one of these libraries."""
    visited, waiting = set[str](), [module]
    while waiting:
        name = waiting.pop()
        if name.partition(".")[0] in libraries:
            return True
        if name not in visited and (file := _file(name)):
            waiting += imports_of(file).at_once
        visited.add(name)
    return False


@lru_cache(maxsize=512)
def imports_of(file: Path) -> Imports:
    """What a file imports, names that only a type checker reads left out."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    at_once = frozenset(name for node in _nodes(tree, False) for name in _names(node))
    everything = frozenset(name for node in _nodes(tree, True) for name in _names(node))
    return Imports(at_once, everything - at_once)


def _nodes(tree: ast.AST, into_functions: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        yield node
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        if not for_types and (into_functions or not is_function):
            yield from _nodes(node, into_functions)


def _names(node: ast.AST) -> Iterator[str]:
    """`from a import b` may mean the module a.b or a name in a."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        inner = [f"{node.module}.{alias.name}" for alias in node.names]
        modules = [name for name in inner if _file(name)]
        yield from modules
        if len(modules) < len(inner):
            yield node.module


def _file(module: str) -> Path | None:
    if module.partition(".")[0] != OWN:
        return None
    base = ROOT.joinpath(*module.split("."))
    return next((f for f in (base.with_suffix(".py"), base / "__init__.py") if f.is_file()), None)


def _with_packages(module: str) -> Iterator[Path]:
    """The file of a module, and of the packages that it is in."""
    parts = module.split(".")
    for k in range(1, len(parts) + 1):
        if file := _file(".".join(parts[:k])):
            yield file
