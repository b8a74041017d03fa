"""What a person does to classes, each with a way back; and what their balance asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.catalog import Catalog
from core.dataset.found import clean_label
from core.errors import Conflict, StudioError
from core.records import Edit, Side

FAR_APART = 5  # times as many pictures: less than that is nothing to speak of


@dataclass(frozen=True)
class Change:
    """What was done, in words, and what taking it back needs.

    `batch` is the step of the journal, None when no picture changed.
    """

    said: str
    kind: Literal["add", "rename", "merge", "delete"]
    names: tuple[str, ...]
    batch: int | None = None


def add_class(catalog: Catalog, text: str) -> Change:
    """Raises StudioError when there is no name in the text, or it is taken; as for renaming."""
    name = _name_in(text)
    catalog.classes.add(name)
    return Change(f"Added {name}.", "add", (name,))


def rename_class(catalog: Catalog, old: str, text: str) -> Change:
    new = _name_in(text)
    catalog.classes.rename(old, new)
    return Change(
        f"{old} is called {new} now, in earlier runs and changes too.", "rename", (old, new)
    )


def merge_class(catalog: Catalog, old: str, into: str) -> Change:
    edits = catalog.classes.merge(old, into)
    said = f"Merged {old} into {into}: {_pictures(edits)}."
    return Change(said, "merge", (old, into), edits[0].batch if edits else None)


def delete_class(catalog: Catalog, name: str) -> Change:
    edits = catalog.classes.delete(name)
    said = f"Deleted {name} and {_pictures(edits)}. Their files stay."
    return Change(said, "delete", (name,), edits[0].batch if edits else None)


def take_back(catalog: Catalog, change: Change) -> None:
    """Undo a change of classes.

    Raises:
        Conflict: something else was done since that it would undo, too.
    """
    with catalog.atomic():
        if change.batch is not None:
            catalog.journal.undo(only=change.batch)
        if change.kind == "rename":
            catalog.classes.rename(change.names[1], change.names[0])
        elif change.kind != "add":
            catalog.classes.show(change.names[0])
        elif any(catalog.images.counts().get(change.names[0], {}).values()):
            raise Conflict(
                f"The class {change.names[0]!r} has pictures by now.",
                "Delete or merge it instead; nothing was changed.",
            )
        else:
            catalog.classes.delete(change.names[0])


@dataclass(frozen=True)
class Imbalance:
    """The classes with the most and the fewest training pictures; `times` as many."""

    most: str
    fewest: str
    times: int


def imbalance(counts: Mapping[str, Mapping[Side, int]]) -> Imbalance | None:
    """Whether training classes are far apart in size; classes without training images are another
    matter.
    """
    train = {name: sides["train"] for name, sides in counts.items() if sides["train"]}
    if len(train) < 2:
        return None
    most, fewest = max(train, key=lambda n: train[n]), min(train, key=lambda n: train[n])
    times = train[most] // train[fewest]
    return Imbalance(most, fewest, times) if times >= FAR_APART else None


def _name_in(text: str) -> str:
    name = clean_label(text)
    if name == "unnamed" and "unnamed" not in text:
        raise StudioError("A class needs a name.", "Type one with at least one letter.")
    return name


def _pictures(edits: tuple[Edit, ...]) -> str:
    return "1 picture" if len(edits) == 1 else f"{len(edits):,} pictures"
