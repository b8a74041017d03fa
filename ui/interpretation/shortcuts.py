"""Shortcuts: whether the classes, or the sides, can be told without looking at the subject."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.catalog import Catalog
from core.interpretation.shortcuts import Shortcut, SideTest
from core.jobs import start_job
from core.markdown import plain
from core.metrics import Share
from ui import state

UNFAIR_AREA, UNFAIR_P = 0.65, 0.001


def show_shortcuts(catalog: Catalog, busy: bool) -> None:
    st.markdown(
        "A model takes whatever works. If brightness alone, or the camera, tells a class, the "
        "model may learn that instead of the subject, and the validation images, which share the "
        "flaw, do not show it. Each cue is tried by itself, out of fold."
    )
    study = catalog.studies.latest("shortcuts")
    label = "Check again" if study else "Check for shortcuts"
    if st.button(label, disabled=busy, key="check_shortcuts", type="secondary"):
        start_job(state.workspace(), catalog, "shortcuts", {})
        st.rerun()
    if study:
        _show_classes_told(study.result)
        _show_sides_told(study.result)


def _show_classes_told(result: dict[str, Any]) -> None:
    st.subheader("Can a cue tell the classes?")
    cues = sorted(map(_shortcut, result["cues"]), key=lambda cue: -cue.correlation)
    for cue in cues:
        if cue.is_strong:
            told = plain(result["classes"][cue.told])
            st.warning(
                f"**{cue.title}** tells **{told}** from the rest (correlation "
                f"{cue.correlation:.2f}; most at: {plain(cue.where)}). Add pictures of {told} "
                "without this, or of the others with it.",
                icon=":material/alt_route:",
            )
    if not any(cue.is_strong for cue in cues):
        st.success("No cue tells a class well enough to be a shortcut.")
    st.dataframe([_row(cue, result["classes"]) for cue in cues], key="cues", hide_index=True)
    st.caption(
        f"{result['images']:,} images. The baseline calls everything the most frequent class. "
        "Correlation (Matthews): 0 is chance, 1 is certain; from 0.5 on it is called a shortcut."
    )


def _show_sides_told(result: dict[str, Any]) -> None:
    st.subheader("Can anything tell training from validation?")
    sides = [SideTest(**told) for told in result["sides"]]
    if not sides:
        st.caption("There are too few images on one of the sides to say.")
        return
    for told in sides:
        unfair = told.area >= UNFAIR_AREA and told.p_value < UNFAIR_P
        area = f"**{told.title}**: area under the curve {told.area:.2f} (p = {told.p_value:.2g})."
        if unfair:
            st.warning(f"{area} The sides differ, so the validation images measure something else.")
        else:
            st.markdown(f":material/check: {area} No way to tell them apart.")
    st.caption("0.5 is a coin, 1 is certain. A fair split stays near 0.5.")


def _shortcut(fields: dict[str, Any]) -> Shortcut:
    shares = {name: Share(**fields[name]) for name in ("right", "baseline")}
    return Shortcut(**{**fields, **shares})


def _row(cue: Shortcut, classes: list[str]) -> dict[str, Any]:
    return {
        "cue": cue.title,
        "right, %": round(100 * cue.right.value, 1),
        "95 % interval": f"{100 * cue.right.low:.1f} – {100 * cue.right.high:.1f}",
        "baseline, %": round(100 * cue.baseline.value, 1),
        "tells best": classes[cue.told],
        "correlation": round(cue.correlation, 2),
        "most at": cue.where,
    }
