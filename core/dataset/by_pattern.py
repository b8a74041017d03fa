"""Labels from a regular expression on the path."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import re2

from core.dataset.new_pictures import (
    FileTree,
    Labelled,
    NewPicture,
    clean_label,
    path_text,
    side_named,
    with_sides,
    without_system_files,
)
from core.errors import StudioError
from core.records import Skipped

MAX_PATTERN = 1000
_NO_TEXT = "signs no text has"
NOT_IN_RE2 = re.compile(r"\\(?P<escaped>.)|\(\?(?P<group><?[=!]|>|\(|P=)", re.DOTALL)
"""What is escaped in a pattern, and the beginnings of groups that other engines have."""
BRACKETS = "Put brackets around the label: ([^/]+)_\\d+ fits names like cat_012.jpg."


def by_pattern(tree: FileTree, pattern: str) -> Labelled:
    """Label files by what a regular expression finds in their paths.

    The label is the group named "label", else the first group; a group named "split" may say the
    side. The engine is RE2: its time grows with the length of the path alone.

    Raises:
        StudioError: the pattern cannot be used.
    """
    extract = extractor(pattern)
    candidates, skipped = without_system_files(list(tree.readers))
    pictures = []
    for path in candidates:
        text, side = extract(path_text(path))
        if text:
            label, read = clean_label(text), tree.readers[path]
            pictures.append(NewPicture(path_text(path), label, side_named(side), read))
        else:
            reason = "the regular expression finds no label in it"
            skipped.append(Skipped(path_text(path), reason, "no class"))
    return with_sides(pictures), skipped


def preview(paths: Sequence[str], pattern: str) -> list[tuple[str, str]]:
    """Paths with the labels that a pattern finds in them, "" where it finds none.

    Raises:
        StudioError: the pattern cannot be used.
    """
    extract = extractor(pattern)
    names = [path_text(path) for path in without_system_files(paths)[0]]
    labels = [extract(name)[0] for name in names]
    return [(name, clean_label(label) if label else "") for name, label in zip(names, labels)]


def extractor(pattern: str) -> Callable[[str], tuple[str, str]]:
    """What finds (label, side) in a path, each "" where there is none.

    Raises:
        StudioError: the pattern cannot be used.
    """
    compiled = _compile(pattern)
    side_group = compiled.groupindex.get("split")
    groups = [k for k in range(1, compiled.groups + 1) if k != side_group]
    if not groups:
        raise StudioError("The pattern has no brackets around a label.", BRACKETS)
    label_group = compiled.groupindex.get("label", groups[0])

    def extract(path: str) -> tuple[str, str]:
        match = compiled.search(path)
        if match is None:
            return "", ""
        label, side = match.group(label_group), match.group(side_group) if side_group else ""
        return (label or "").strip(), side or ""

    return extract


def _compile(pattern: str) -> Any:
    if not pattern or len(pattern) > MAX_PATTERN:
        raise StudioError(f"A pattern has 1 to {MAX_PATTERN:,} signs.", BRACKETS)
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as error:
        words = error.args[0] if error.args else ""
        reason = words.decode(errors="replace") if isinstance(words, bytes) else _NO_TEXT
        raise StudioError(f"The pattern cannot be used ({reason}).", _hint(pattern)) from error
    return compiled


def _hint(pattern: str) -> str:
    if any(m["group"] or m["escaped"] in "123456789" for m in NOT_IN_RE2.finditer(pattern)):
        return "Look-ahead and back references are not known here: match the text itself."
    return "Check its brackets, repetitions and backslashes."
