"""Kinds of errors."""

from __future__ import annotations

import ast
import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import FILE_FAULTS, KINDS, from_os_error

ROOT = Path(__file__).parents[2]
SAY_A_KIND = {
    "PictureError",
    "WorkspaceError",
    "Conflict",
    "Skipped",
    "Later",
    "Meaning",
    "Refusal",
    "_refuse",
    "leave_out",
}


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, "disk full"),
        (errno.EACCES, "not writable"),
        (errno.EROFS, "not writable"),
        (errno.ENOENT, "gone"),
        (errno.EIO, "unusable"),
    ],
)
def test_a_failed_file_operation_has_a_kind(number, kind):
    assert from_os_error(OSError(number, "it failed"), "trying").kind == kind


def said_kinds() -> Iterator[str]:
    """The strings that are handed, by themselves, to what takes a kind."""
    files = [*ROOT.glob("core/**/*.py"), *ROOT.glob("ui/**/*.py"), *ROOT.glob("pages/**/*.py")]
    for node in (n for file in files for n in ast.walk(ast.parse(file.read_text("utf-8")))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SAY_A_KIND:
            yield from (a.value for a in node.args[1:] if isinstance(a, ast.Constant))


def test_every_kind_of_a_file_is_said_somewhere():
    by_function = {"damaged", "truncated"}  # by a function, of what a decoder says
    assert set(FILE_FAULTS) - set(said_kinds()) - by_function == {"other"}


def test_each_kind_is_there_once():
    assert len(KINDS) == len(set(KINDS))
