"""What a person does to classes, each with a way back; and what their balance asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.catalog import Catalog
from core.dataset.new_pictures import clean_label
from core.errors import StudioError
from core.records import Edit, Side

FAR_APART = 5  # times as many pictures: less than that is nothing to speak of


@dataclass(frozen=True)
class Change:
    """What was done, in words, and the step of the journal that takes it back; None for nothing."""

    sentence: str
    batch: int | None


def add_class(catalog: Catalog, text: str) -> Change:
    """Raises StudioError when there is no name in the text, or it is taken; as for renaming."""
    name = _name_in(text)
    return _change(f"Added {name}.", catalog.classes.add(name))


def rename_class(catalog: Catalog, old: str, text: str) -> Change:
    new = _name_in(text)
    edits = catalog.classes.rename(old, new)
    return _change(f"{old} is called {new} now, in earlier runs and changes too.", edits)


def merge_class(catalog: Catalog, old: str, into: str) -> Change:
    edits = catalog.classes.merge(old, into)
    sentence = f"Merged {old} into {into}: {_pictures(edits)}."
    return _change(sentence, edits)


def delete_class(catalog: Catalog, name: str) -> Change:
    edits = catalog.classes.delete(name)
    sentence = f"Deleted {name} and {_pictures(edits)}. Their files stay."
    return _change(sentence, edits)


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


def _change(sentence: str, edits: tuple[Edit, ...]) -> Change:
    return Change(sentence, edits[0].batch if edits else None)


def _pictures(edits: tuple[Edit, ...]) -> str:
    count = sum(bool(edit.image_id) for edit in edits)
    return "1 picture" if count == 1 else f"{count:,} pictures"
