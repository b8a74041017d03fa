"""What a person does in the review grid, as edits in the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.catalog import Catalog
from core.errors import StudioError
from core.workspace import IMAGE_ID

ACTIONS = ("relabel", "delete", "restore", "keep", "undo", "redo")


def store_marks(catalog: Catalog, operations: Iterable[Mapping[str, Any]]) -> list[StudioError]:
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


def _store(catalog: Catalog, operation: Mapping[str, Any]) -> None:
    action, origin = operation.get("op"), f"{operation.get('cid')}:{operation.get('seq')}"
    journal = catalog.journal
    if action == "undo":
        journal.undo(origin)
        return
    if action == "redo":
        journal.redo(origin)
        return
    image_id = str(operation.get("id"))
    if action not in ACTIONS or not IMAGE_ID.fullmatch(image_id):
        raise StudioError("The page sent something that is no mark.", "Reload the page.")
    if action == "relabel":
        journal.relabel(image_id, str(operation.get("label")), origin)
    elif action == "delete":
        journal.quarantine(image_id, origin)
    elif action == "restore":
        journal.restore(image_id, origin)
    else:
        journal.keep(image_id, origin)
