"""How TopLoss looks: one accent, one set of greys, one list of fonts, for the studio, the served
page and the static page alike.

`.streamlit/config.toml` and `core/web/static/style.css` are no Python, so they repeat what is said
here; a test holds them to it, and every pair that meets on screen to a contrast of 4.5 (WCAG AA).
"""

from __future__ import annotations

from typing import NamedTuple


class Tone(NamedTuple):
    """One colour, #rrggbb, on light pages and on dark ones."""

    light: str
    dark: str


BACKGROUND = Tone("#ffffff", "#101516")
SURFACE = Tone("#f3f6f5", "#1b2224")
"""What lies on the background: fields, the sidebar, drop zones."""
TEXT = Tone("#0c1413", "#eef3f3")
QUIET = Tone("#52605f", "#9fb0b2")
LINE = Tone("#d3dbda", "#364144")
ACCENT = Tone("#0f766e", "#0e8577")
"""The fill of what is to be pressed; white is written on it."""
ACCENT_TEXT = Tone("#0f766e", "#2dd4bf")
"""Links, and what else is written in the accent."""
NOTE = Tone("#fff5dc", "#3a3115")

SERIES = ("#0e8577", "#cf6a12", "#7c6fd0")
"""Lines and marks of plots: drawn the same on both backgrounds, so at least 3 to 1 on each."""
WRONG = "#c2410c"
AXIS = "#7d868a"
"""Lines of reference in plots."""

FONTS = ("Source Sans", "system-ui", "sans-serif")
MONO = ("Source Code", "ui-monospace", "monospace")
"""None is fetched: the first comes with Streamlit, the others with the system."""
RADIUS = "0.5rem"


def contrast(one: str, other: str) -> float:
    """How far two colours are apart, 1..21, by WCAG 2."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def blend(colour: str, opacity: float, below: str) -> str:
    """What is seen of a colour of that opacity, 0..1, over another one."""
    mixed = (
        round(opacity * over + (1 - opacity) * under)
        for over, under in zip(_channels(colour), _channels(below), strict=True)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    shares = [channel / 255 for channel in _channels(colour)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
