"""The words of the field, a sentence each, and the page that shows what is meant."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from re import sub
from tomllib import loads

_FILE = Path(__file__).with_name("glossary.toml")
_NOWHERE = 4


@dataclass(frozen=True)
class Term:
    """A word.

    Args:
        sentence: what it means, for somebody who meets it for the first time.
        page: the page that shows it, below `pages/` and without `.py`; "" if none does.
        also: other names for the same.
    """

    name: str
    sentence: str
    page: str = ""
    also: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """The name as addresses write it."""
        return slug(self.name)


def slug(name: str) -> str:
    """Small letters and digits, with a dash for everything else: "Mini-batch" is "mini-batch"."""
    return sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")


def named(name: str) -> Term | None:
    """The term of that name, or with that other name, however it is written."""
    key = slug(name)
    for term in TERMS:
        if key in map(slug, (term.name, *term.also)):
            return term
    return None


def find(query: str) -> list[Term]:
    """Terms that have the words of `query`: those that are called so first, then as they stand."""
    words = " ".join(query.casefold().split())
    ranked = [(_rank(words, term), term) for term in TERMS]
    return [term for rank, term in sorted(ranked, key=lambda pair: pair[0]) if rank < _NOWHERE]


def _rank(words: str, term: Term) -> int:
    names = [name.casefold() for name in (term.name, *term.also)]
    if slug(words) in map(slug, names):
        return 0
    if any(name.startswith(words) for name in names):
        return 1
    if any(words in name for name in names):
        return 2
    return 3 if words in term.sentence.casefold() else _NOWHERE


TERMS: tuple[Term, ...] = tuple(
    Term(name, term["says"], term.get("page", ""), tuple(term.get("also", ())))
    for name, term in loads(_FILE.read_text(encoding="utf-8")).items()
)
"""All of them, by name."""
