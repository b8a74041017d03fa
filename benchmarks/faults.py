"""Small faults in Python sources, chosen by a seed: what a slip of the hand does to a line.

Five kinds: another operator (`<` for `<=`, `+` for `-`, `and` for `or`), a bound that is one more,
a lost `not`, two arguments that changed places, and a choice that always or never falls. Left out
by rule is what only words depend on (texts and what stands in them, a choice between two wordings,
`raise` with its sentence, annotations, decorators), and what cannot make a difference (the order
of the arguments of `max` and `min`).
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
"""Operator -> the one that stands for it. `/` joins paths here as often as it divides, and `|`
unites types: both stay."""
SYMMETRIC = {"max", "min"}
BOUNDING = {"range", "min", "max", "islice", "head", "limit"}
"""Calls whose numbers are bounds, as those of comparisons and slices are."""


@dataclass(frozen=True)
class Fault:
    """One small change of one file.

    Attributes:
        file: path from the root of the repository, with "/".
        line: of the change, from 1.
        start, end: offsets in the text, in characters.
        was, becomes: the text that is replaced, and what stands there instead.
    """

    file: str
    line: int
    kind: str
    start: int
    end: int
    was: str
    becomes: str

    def applied(self, text: str) -> str:
        return text[: self.start] + self.becomes + text[self.end :]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.was} -> {self.becomes}"


def choose(faults: Sequence[Fault], count: int, seed: int) -> list[Fault]:
    """As many of each kind as there can be, at random, each in a line of its own."""
    rng = random.Random(seed)
    waiting = {kind: [f for f in faults if f.kind == kind] for kind in KINDS}
    for of_kind in waiting.values():
        rng.shuffle(of_kind)
    chosen: dict[tuple[str, int], Fault] = {}
    while len(chosen) < count and any(waiting.values()):
        for of_kind in waiting.values():
            if of_kind and len(chosen) < count:
                fault = of_kind.pop()
                chosen.setdefault((fault.file, fault.line), fault)
    return sorted(chosen.values(), key=lambda fault: (fault.file, fault.line))


def faults_of(root: Path, folder: str = "core") -> list[Fault]:
    """Every fault that can be made in the Python files of a folder, by file and place."""
    files = sorted((root / folder).rglob("*.py"))
    return [
        fault
        for file in files
        for fault in faults_in(file.read_text(encoding="utf-8"), file.relative_to(root).as_posix())
    ]


def faults_in(text: str, file: str) -> Iterator[Fault]:
    """Every fault that can be made in a text."""
    begins = [0]
    for line in text.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))

    def offset(line: int, column: int) -> int:
        start = begins[line - 1]
        return start + len(text[start : begins[line]].encode()[:column].decode())

    for node in _code(ast.parse(text)):
        for kind, make in KINDS.items():
            for changed in make(node):
                start = offset(node.lineno, node.col_offset)
                end = offset(node.end_lineno, node.end_col_offset)
                becomes = ast.unparse(changed)
                if not isinstance(changed, ast.Constant | ast.Call):
                    becomes = f"({becomes})"
                yield Fault(file, node.lineno, kind, start, end, text[start:end], becomes)


def _code(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions of a tree on which more than words depends."""
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Assert):
        return
    if isinstance(node, ast.expr):
        yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _code(child)


def _operators(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Compare):
        for k, operator in enumerate(node.ops):
            if (other := SWAPPED.get(type(operator))) is not None:
                yield ast.Compare(
                    node.left, [*node.ops[:k], other(), *node.ops[k + 1 :]], node.comparators
                )
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(SWAPPED[type(node.op)](), node.values)
    elif isinstance(node, ast.BinOp) and type(node.op) in SWAPPED and not _joins_text(node):
        yield ast.BinOp(node.left, SWAPPED[type(node.op)](), node.right)


def _bounds(node: ast.expr) -> Iterator[ast.expr]:
    """The expression with one of its bounds one higher."""
    if isinstance(node, ast.Compare):
        for k, bound in enumerate(node.comparators):
            if _is_number(bound):
                more = [*node.comparators[:k], _one_more(bound), *node.comparators[k + 1 :]]
                yield ast.Compare(node.left, node.ops, more)
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        cut = node.slice
        if _is_number(cut.lower):
            longer = ast.Slice(_one_more(cut.lower), cut.upper, cut.step)
            yield ast.Subscript(node.value, longer, node.ctx)
        if _is_number(cut.upper):
            longer = ast.Slice(cut.lower, _one_more(cut.upper), cut.step)
            yield ast.Subscript(node.value, longer, node.ctx)
    elif isinstance(node, ast.Call) and _name(node.func) in BOUNDING:
        for k, bound in enumerate(node.args):
            if _is_number(bound):
                more = [*node.args[:k], _one_more(bound), *node.args[k + 1 :]]
                yield ast.Call(node.func, more, node.keywords)


def _lost_not(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand


def _swapped_arguments(node: ast.expr) -> Iterator[ast.expr]:
    """The first two arguments of a call have changed places."""
    if isinstance(node, ast.Call) and len(node.args) > 1 and _name(node.func) not in SYMMETRIC:
        first, second, *others = node.args
        starred = isinstance(first, ast.Starred) or isinstance(second, ast.Starred)
        if not starred and ast.dump(first) != ast.dump(second):
            yield ast.Call(node.func, [second, first, *others], node.keywords)


def _settled(node: ast.expr) -> Iterator[ast.expr]:
    """A choice between two values, not two wordings, that always or never falls."""
    if isinstance(node, ast.IfExp) and not (_is_wording(node.body) or _is_wording(node.orelse)):
        yield ast.IfExp(ast.Constant(True), node.body, node.orelse)
        yield ast.IfExp(ast.Constant(False), node.body, node.orelse)


KINDS: dict[str, Callable[[ast.expr], Iterator[ast.expr]]] = {
    "operator": _operators,
    "bound": _bounds,
    "lost not": _lost_not,
    "swapped arguments": _swapped_arguments,
    "choice": _settled,
}


def _joins_text(node: ast.BinOp) -> bool:
    return _is_text(node.left) or _is_text(node.right)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )


def _is_wording(node: ast.expr) -> bool:
    return _is_text(node) and " " in ast.unparse(node)


def _is_number(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _one_more(node: ast.expr) -> ast.Constant:
    assert isinstance(node, ast.Constant)
    return ast.Constant(node.value + 1)


def _name(node: ast.expr) -> str:
    return getattr(node, "id", getattr(node, "attr", ""))
