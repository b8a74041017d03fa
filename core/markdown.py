"""Text from outside inside Markdown."""

from __future__ import annotations


def plain(text: str) -> str:
    """The text, escaped such that Markdown shows it as it is."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>()#+-!|$~:" else c for c in text)
