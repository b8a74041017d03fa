"""What a person does in the review grid, as edits in the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.catalog import Catalog
from core.errors import StudioError
from core.workspace import IMAGE_ID


def store_marks(catalog: Catalog, operations: Iterable[object]) -> list[StudioError]:
    """Store what the browser sent, each operation once however often it is sent.

    Args:
        operations: `{"cid": client, "seq": number, "op": action, "id": image, "label": class}`.

    Returns:
        What could not be stored, in words; the other operations are stored.
    """
    problems = []
    for operation in operations:
        try:
            _store(catalog, operation)
        except StudioError as error:
            problems.append(error)
    return problems


def _store(catalog: Catalog, operation: object) -> None:
    if not isinstance(operation, Mapping):
        raise _no_mark()
    action, origin = operation.get("op"), _origin(operation)
    journal = catalog.journal
    if action == "undo":
        journal.undo(origin)
        return
    if action == "redo":
        journal.redo(origin)
        return
    image_id, label = operation.get("id"), operation.get("label")
    if not isinstance(image_id, str) or not IMAGE_ID.fullmatch(image_id):
        raise _no_mark()
    if action == "relabel" and isinstance(label, str):
        journal.relabel(image_id, label, origin)
    elif action == "delete":
        journal.quarantine(image_id, origin)
    elif action == "restore":
        journal.restore(image_id, origin)
    elif action == "keep":
        journal.keep(image_id, origin)
    else:
        raise _no_mark()


def _origin(operation: Mapping[str, Any]) -> str:
    """Who sent it, and their number for it: without both, it could be taken for another one."""
    client, number = operation.get("cid"), operation.get("seq")
    if not isinstance(client, str) or not client or type(number) is not int:
        raise _no_mark()
    return f"{client}:{number}"


def _no_mark() -> StudioError:
    return StudioError("The page sent something that is no mark.", "Reload the page.")
