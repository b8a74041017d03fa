"""What was done to the pictures, in plain words; `Journal.search` finds it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from core.records import Edit, EditKind, ImageState

WORDS: dict[EditKind, str] = {
    "relabel": "relabelled",
    "quarantine": "deleted",
    "restore": "restored",
    "keep": "kept",
    "keep all": "kept with its look-alikes",
    "reopen": "asked about again",
    "add": "class added",
    "rename": "class renamed",
    "merge": "merged",
    "drop": "deleted with the class",
    "undo": "undone",
    "redo": "redone",
    "revert": "reverted",
}
"""What each kind of edit is called on the screen."""


def describe(edit: Edit) -> str:
    """What happened to one picture, or class: "cat → dog", "deleted", "undid: cat → dog"."""
    before, after = edit.before, edit.after
    change = _difference if edit.image_id else _change_of_class
    match edit.kind:
        case _ if not edit.image_id and edit.kind not in ("undo", "redo"):
            return change(before, after)
        case "relabel" | "merge":
            changed = f"{before.label} → {after.label}" + ", merged" * (edit.kind == "merge")
            return changed if before.label != after.label else "kept"
        case "undo":
            return f"undid: {change(after, before)}"
        case "redo":
            return f"redid: {change(before, after)}"
        case "revert":
            return f"reverted: {change(after, before)}"
        case _:
            return WORDS[edit.kind]


def describe_step(edits: Sequence[Edit]) -> str:
    """What happened in one step, of one picture or more: "cat → dog, 3 pictures"."""
    edits = [edit for edit in edits if edit.image_id] or edits  # a class goes with its pictures
    words = {describe(edit) for edit in edits}
    labels = {edit.after.label for edit in edits}
    if len(words) == 1:
        (sentence,) = words
    else:
        sentence = f"several → {labels.pop()}" if len(labels) == 1 else "several changes"
    return sentence if len(edits) == 1 else f"{sentence}, {len(edits)} pictures"


def ago(at: str, now: datetime) -> str:
    """How long ago that was ("5 min ago"), or the day when it was more than a week.

    Args:
        at: ISO 8601 with an offset, as the catalog writes it.
        now: this moment, with a time zone.
    """
    then = datetime.fromisoformat(at).astimezone(UTC)
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 24 * 60:
        return f"{minutes // 60} h ago"
    days = minutes // (24 * 60)
    if days < 7:
        return f"{days} day{'s' if days > 1 else ''} ago"
    return then.date().isoformat()


def _difference(before: ImageState, after: ImageState) -> str:
    """The words for a change whose kind is not known; there are seldom two changes at once."""
    words = []
    if before.label != after.label:
        words.append(f"{before.label} → {after.label}")
    if before.status != after.status:
        words.append("deleted" if after.status == "quarantined" else "restored")
    if not words:
        words.append("no change" if before == after else "kept")
    return ", ".join(words)


def _change_of_class(before: ImageState, after: ImageState) -> str:
    if before.label != after.label:
        return f"class {before.label} is called {after.label}"
    verb = "listed" if after.status == "in use" else "taken off the list"
    return f"class {after.label} {verb}"
