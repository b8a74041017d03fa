"""What a person does to pictures in the browser, as edits in the journal: the one door."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.catalog import Catalog
from core.errors import Conflict, StudioError
from core.records import Edit, ImageRecord
from core.workspace import IMAGE_ID

MOST_IMAGES = 200
LONGEST_CLIENT = 100
MARKS = ("relabel", "delete", "restore", "keep")
DECISIONS = ("keep all", "reopen")  # about pictures that look alike, two or more
STEPS = ("undo", "redo")
ACTIONS = (*MARKS, *DECISIONS, *STEPS)
CONFLICTS = {
    "unknown": (
        "1 picture is not in this workspace.",
        "{} pictures are not in this workspace.",
        "Reload the page to see what is there now.",
    ),
    "deleted": (
        "1 picture was deleted in another tab and stays deleted.",
        "{} pictures were deleted in another tab and stay deleted.",
        "Restore what you still need, then repeat the mark.",
    ),
    "test": (
        "1 picture is a test picture and stays as it is.",
        "{} pictures are test pictures and stay as they are.",
        "Test pictures are not cleaned, so that they keep telling how good the model is.",
    ),
    "changed": (
        "1 picture was changed in another tab and keeps what was done there.",
        "{} pictures were changed in another tab and keep what was done there.",
        "Look again, and repeat the mark if you still want it.",
    ),
}
"""Why images stay as they are: what is said of one, of more, and what to do."""


@dataclass(frozen=True)
class Stored:
    """What became of some operations: the edits stored now, and what was not, in words."""

    edits: tuple[Edit, ...]
    problems: tuple[StudioError, ...]


@dataclass(frozen=True)
class _Mark:
    origin: str
    action: str
    ids: tuple[str, ...]
    label: str
    was: tuple[tuple[str, bool], ...] | None


def store_marks(catalog: Catalog, operations: Iterable[object]) -> Stored:
    """Store what the browser sent, each operation once however often it is sent.

    An operation is one step for undo. A picture that is no longer what the person saw is left
    as it is; the others of the operation are stored. An operation that came to nothing does
    nothing when it is sent again either, unless the catalog could not be written.

    Args:
        operations: `{"cid": client, "seq": number, "op": action, "ids": [image, ...],
            "label": class, "was": [{"label": class, "deleted": bool}, ...]}`; `op` is one of
            `ACTIONS`, `label` is for "relabel" only, `was` is what the person saw of each image
            (without it nothing is checked), decisions and steps need neither.
    """
    edits: list[Edit] = []
    problems: dict[str, StudioError] = {}  # ten marks on a full disk are one problem
    for operation in operations:
        try:
            stored = _store(catalog, _mark_of(operation))
        except StudioError as error:
            problems[str(error)] = error
        else:
            edits += stored.edits
            problems |= {str(problem): problem for problem in stored.problems}
    return Stored(tuple(edits), tuple(problems.values()))


def _store(catalog: Catalog, mark: _Mark) -> Stored:
    with catalog.atomic():  # nobody else writes between looking and storing
        if catalog.journal.is_settled(mark.origin):
            return Stored((), ())
        ids, problems = _unchanged(catalog, mark)
        try:
            edits = _act(catalog, mark, ids)
        except Conflict as conflict:
            edits, problems = (), [conflict]
        if not edits:
            catalog.journal.settle(mark.origin)
        return Stored(edits, tuple(problems))


def _act(catalog: Catalog, mark: _Mark, ids: list[str]) -> tuple[Edit, ...]:
    journal, origin = catalog.journal, mark.origin
    acts: dict[str, Callable[[], tuple[Edit, ...]]] = {
        "relabel": lambda: journal.relabel(ids, mark.label, origin),
        "delete": lambda: journal.quarantine(ids, origin),
        "restore": lambda: journal.restore(ids, origin),
        "keep": lambda: journal.keep(ids, origin),
        "keep all": lambda: journal.keep_all(ids, origin),
        "reopen": lambda: journal.reopen(ids, origin),
        "undo": lambda: journal.undo(origin),
        "redo": lambda: journal.redo(origin),
    }
    return acts[mark.action]()


def _unchanged(catalog: Catalog, mark: _Mark) -> tuple[list[str], list[StudioError]]:
    """Images that are what the person saw, and what is to say about the others. A decision changes
    none, and is about all of them or none.
    """
    if mark.action in DECISIONS:
        return list(mark.ids), []
    images = [catalog.images.get(image_id) for image_id in mark.ids]
    verdicts = [
        _verdict(mark.action, image, state)
        for image, state in zip(images, mark.was or [None] * len(images))
    ]
    counts = Counter(verdicts)
    problems: list[StudioError] = [_conflict(v, count) for v, count in counts.items() if v]
    return [i for i, verdict in zip(mark.ids, verdicts) if not verdict], problems


def _verdict(action: str, image: ImageRecord | None, state: tuple[str, bool] | None) -> str:
    if image is None:
        return "unknown"
    if image.side == "test" and action != "restore":
        return "test"
    deleted = image.status == "quarantined"
    if state is None or state == (image.label, deleted):
        return ""
    return "deleted" if deleted and not state[1] else "changed"


def _conflict(verdict: str, count: int) -> Conflict:
    one, more, hint = CONFLICTS[verdict]
    return Conflict(one if count == 1 else more.format(count), hint)


def _mark_of(operation: object) -> _Mark:
    """The operation, if it is one.

    Raises:
        StudioError: it is not; whatever a browser may send.
    """
    if not isinstance(operation, Mapping):
        raise _no_mark()
    action, label = operation.get("op"), operation.get("label")
    if not isinstance(action, str) or action not in ACTIONS:
        raise _no_mark()
    if action == "relabel" and not isinstance(label, str):
        raise _no_mark()
    ids = () if action in STEPS else _ids(operation.get("ids"))
    if action in DECISIONS and len(ids) < 2:
        raise _no_mark()
    was = _was(operation.get("was"), len(ids)) if ids else None
    return _Mark(_origin(operation), action, ids, str(label), was)


def _origin(operation: Mapping[str, Any]) -> str:
    """Who sent it, and their number for it: without both, it could be taken for another one."""
    client, number = operation.get("cid"), operation.get("seq")
    if not isinstance(client, str) or not 0 < len(client) <= LONGEST_CLIENT:
        raise _no_mark()
    if type(number) is not int or number.bit_length() > 64:
        raise _no_mark()
    return f"{client}:{number}"


def _ids(ids: object) -> tuple[str, ...]:
    if not isinstance(ids, list) or not ids:
        raise _no_mark()
    if len(ids) > MOST_IMAGES:
        raise StudioError(
            f"One mark can be for {MOST_IMAGES} pictures at most, this one is for {len(ids):,}.",
            "Mark them in several steps.",
        )
    if not all(isinstance(i, str) and IMAGE_ID.fullmatch(i) for i in ids):
        raise _no_mark()
    if len(set(ids)) < len(ids):
        raise _no_mark()
    return tuple(ids)


def _was(was: object, count: int) -> tuple[tuple[str, bool], ...] | None:
    if was is None:
        return None
    if not isinstance(was, list) or len(was) != count:
        raise _no_mark()
    states = [(w.get("label"), w.get("deleted")) if isinstance(w, Mapping) else () for w in was]
    if not all(list(map(type, pair)) == [str, bool] for pair in states):
        raise _no_mark()
    return tuple(states)  # type: ignore[arg-type]


def _no_mark() -> StudioError:
    return StudioError("The page sent something that is no mark.", "Reload the page.")
