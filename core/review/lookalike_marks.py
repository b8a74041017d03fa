"""What a person decides about look-alikes, stored once each.

Marks on pictures go to the journal like those of the review grid. "Keep all" says nothing about
a picture, so it is stored apart; undo and redo take both kinds back in the order they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.catalog import Catalog
from core.errors import StudioError
from core.records import Edit
from core.review.marks import LONGEST_CLIENT, MOST_IMAGES, store_marks
from core.workspace import IMAGE_ID

KEEP_ALL, REOPEN = "keep all", "reopen"


def store_decisions(catalog: Catalog, operations: Iterable[object]) -> tuple[StudioError, ...]:
    """Store what the browser sent, each operation once however often it is sent; what went wrong.

    Args:
        operations: as for `core.review.marks.store_marks`, and besides
            `{"cid": client, "seq": number, "op": "keep all" or "reopen", "ids": [image, ...]}`.
    """
    problems: dict[str, StudioError] = {}
    for operation in operations:
        for problem in _store(catalog, operation):
            problems[str(problem)] = problem
    return tuple(problems.values())


def _store(catalog: Catalog, operation: object) -> tuple[StudioError, ...]:
    action = operation.get("op") if isinstance(operation, Mapping) else None
    try:
        if isinstance(operation, Mapping) and action in (KEEP_ALL, REOPEN, "undo", "redo"):
            with catalog.atomic():
                if _act(catalog, operation):
                    return ()
    except StudioError as error:
        return (error,)
    return store_marks(catalog, [operation]).problems


def _act(catalog: Catalog, operation: Mapping[str, Any]) -> bool:
    """Do what is not for the journal; whether that was all there is to do."""
    origin = _origin(operation)
    if catalog.journal.is_settled(origin):
        return True
    lookalikes, place = catalog.lookalikes, _place(catalog.journal.next_undo())
    match operation["op"]:
        case "undo":
            done = lookalikes.undo(place)
        case "redo":
            done = lookalikes.redo(place)
        case "reopen":
            done = True
            lookalikes.reopen(_ids(operation.get("ids")))
        case _:
            done = True
            lookalikes.keep_together(_ids(operation.get("ids")), place)
    if done:
        catalog.journal.settle(origin)
    return done


def _place(edits: tuple[Edit, ...]) -> int:
    """Where the journal stands: the step that it would undo."""
    return edits[0].batch if edits else 0


def _origin(operation: Mapping[str, Any]) -> str:
    client, number = operation.get("cid"), operation.get("seq")
    if not isinstance(client, str) or not 0 < len(client) <= LONGEST_CLIENT:
        raise _no_decision()
    if type(number) is not int or number.bit_length() > 64:
        raise _no_decision()
    return f"{client}:{number}"


def _ids(ids: object) -> list[str]:
    if not isinstance(ids, list) or not 2 <= len(ids) <= MOST_IMAGES:
        raise _no_decision()
    if not all(isinstance(i, str) and IMAGE_ID.fullmatch(i) for i in ids):
        raise _no_decision()
    return ids


def _no_decision() -> StudioError:
    return StudioError("The page sent something that is no decision.", "Reload the page.")
