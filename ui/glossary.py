"""Terms of the glossary in the help of a widget or in a text, with the way to the page."""

from __future__ import annotations

from urllib.parse import quote

from core.playground.glossary import named


def explained(name: str) -> str:
    """What the term means, in Markdown, with a link to it."""
    term = named(name)
    assert term is not None, f"the glossary has no term {name!r}"
    return f"{term.sentence} [Glossary](glossary?term={quote(name)})"
