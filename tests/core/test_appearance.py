"""Colours that meet on screen can be read, and everything that writes them writes the same."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from core import appearance
from core.appearance import (
    ACCENT,
    ACCENT_TEXT,
    BACKGROUND,
    FONTS,
    LINE,
    NOTE,
    QUIET,
    RADIUS,
    SERIES,
    SURFACE,
    TEXT,
    WRONG,
    Tone,
    blend,
    contrast,
)
from tests.browser import ROOT
from ui.interpretation.charts import confusion_plot

READABLE, VISIBLE = 4.5, 3.0
FADED = 0.6  # Streamlit writes captions in the colour of the text with this opacity
THEME: Mapping[str, Any] = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
WRITTEN = {
    "text": (TEXT, BACKGROUND),
    "text on a surface": (TEXT, SURFACE),
    "quiet": (QUIET, BACKGROUND),
    "quiet on a surface": (QUIET, SURFACE),
    "accent": (ACCENT_TEXT, BACKGROUND),
    "accent on a surface": (ACCENT_TEXT, SURFACE),
    "a button": (Tone("#ffffff", "#ffffff"), ACCENT),
    "a note": (TEXT, NOTE),
}


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_can_be_read(name: str) -> None:
    letters, ground = WRITTEN[name]
    for own, below in zip(letters, ground, strict=True):
        assert contrast(own, below) >= READABLE, (own, below)


@pytest.mark.parametrize("ground", [BACKGROUND, SURFACE], ids=["background", "surface"])
def test_captions_can_be_read(ground: Tone) -> None:
    for letters, below in zip(TEXT, ground, strict=True):
        assert contrast(blend(letters, FADED, below), below) >= READABLE


@pytest.mark.parametrize("colour", [*SERIES, WRONG, appearance.AXIS, *ACCENT])
def test_lines_and_marks_are_seen_on_both_backgrounds(colour: str) -> None:
    assert all(contrast(colour, ground) >= VISIBLE for ground in BACKGROUND)


def test_every_cell_of_a_confusion_matrix_can_be_read() -> None:
    drawn = confusion_plot(np.array([[9, 8, 1], [0, 9, 4], [2, 0, 9]]), np.arange(3), "abc", False)
    fills = [colour for trace in drawn.data[:2] for _, colour in trace.colorscale]
    inks = {note.font.color for note in drawn.layout.annotations}
    assert len(drawn.layout.annotations) == 7 and len(inks) == 1
    for ink in inks:
        assert all(contrast(ink, fill) >= READABLE for fill in fills)
    assert contrast(fills[0], fills[1]) >= 2  # many errors do not look like few
    assert np.isnan(drawn.data[0].z[1][0]) and np.isnan(drawn.data[1].z[1][0])  # none: no cell


@pytest.mark.parametrize("base", ["light", "dark"])
def test_the_studio_wears_it(base: str) -> None:
    told = THEME[base]
    assert told["primaryColor"] == getattr(ACCENT, base)
    assert told["linkColor"] == getattr(ACCENT_TEXT, base)
    assert told["backgroundColor"] == getattr(BACKGROUND, base)
    assert told["secondaryBackgroundColor"] == getattr(SURFACE, base)
    assert told["textColor"] == getattr(TEXT, base)
    assert told["borderColor"] == getattr(LINE, base)
    assert told["sidebar"]["backgroundColor"] == getattr(SURFACE, base)


def test_the_studio_has_one_scale_of_letters() -> None:
    assert THEME["font"].split(", ") == list(FONTS)
    assert THEME["baseRadius"] == RADIUS
    assert tuple(THEME["chartCategoricalColors"]) == SERIES
    sizes = [16 * float(size.removesuffix("rem")) for size in THEME["headingFontSizes"]]
    assert 28 <= sizes[0] <= 32
    assert sizes == sorted(sizes, reverse=True)


def test_the_static_page_wears_it() -> None:
    css = (ROOT / "core" / "web" / "static" / "style.css").read_text(encoding="utf-8")
    pairs = re.findall(r"(\S+): light-dark\((\S+), (\S+)\);", css)
    told = {name: Tone(light, dark) for name, light, dark in pairs}
    assert told == {
        "--accent": ACCENT,
        "--accent-text": ACCENT_TEXT,
        "--line": LINE,
        "--soft": SURFACE,
        "--quiet": QUIET,
        "--note": NOTE,
        "background": BACKGROUND,
        "color": TEXT,
    }
    assert '"Source Sans", system-ui, sans-serif' in css


def test_the_served_page_wears_it() -> None:
    from gradio_app import page_theme

    theme = page_theme()
    for base, suffix in (("light", ""), ("dark", "_dark")):
        assert getattr(theme, f"button_primary_background_fill{suffix}") == getattr(ACCENT, base)
        assert getattr(theme, f"body_background_fill{suffix}") == getattr(BACKGROUND, base)
        assert getattr(theme, f"link_text_color{suffix}") == getattr(ACCENT_TEXT, base)
    assert theme.color_accent == "*link_text_color"
    assert [name.strip("' ") for name in theme.font.split(",")] == list(FONTS)


@pytest.mark.parametrize("name", ["wordmark", "mark"])
def test_the_mark_is_seen_on_light_and_dark(name: str) -> None:
    drawn = (ROOT / "ui" / "assets" / f"{name}.svg").read_text(encoding="utf-8")
    colours = set(re.findall(r'"(#[0-9a-f]{6})"', drawn))
    assert colours == {SERIES[0]}
    assert all(contrast(SERIES[0], ground) >= VISIBLE for ground in (*BACKGROUND, *SURFACE))
