"""The page of a lesson: question, stage, code, and the way to the next one."""

from __future__ import annotations

import streamlit as st

from core.markdown import plain
from core.playground import LESSONS
from core.playground.lesson import Lesson, Setting
from ui.messages import fragment
from ui.playground.stage import Scene, request, show_stage


def show_lesson(lesson: Lesson, scene: Scene) -> None:
    """All of a lesson's page."""
    st.title(lesson.title)
    st.markdown(lesson.question)
    _live(lesson, scene)
    _ways_on(lesson)


@fragment
def _live(lesson: Lesson, scene: Scene) -> None:
    setting = _setting(lesson)
    for complaint in setting.complaints:
        st.warning(plain(complaint))
    show_stage(lesson, scene, setting, lesson.run(setting.values, setting.seed))
    with st.expander("The same in PyTorch", icon=":material/code:"):
        st.caption("Runnable as shown, with the settings above.")
        st.code(lesson.code(setting.values, setting.seed), language="python")


def _setting(lesson: Lesson) -> Setting:
    """What the browser asks for; before it has asked for anything, what the address says."""
    wish = request(lesson)
    if not wish:
        return lesson.read(st.query_params)
    values = wish.get("values")
    setting = lesson.read(
        {**(values if isinstance(values, dict) else {}), "seed": wish.get("seed", 0)}
    )
    if wish.get("settled"):
        _remember(lesson.write(setting))
    return setting


def _remember(address: dict[str, str]) -> None:
    """Let the address show what is seen; while a slider is dragged it stands still."""
    if st.query_params.to_dict() != address:
        st.query_params.from_dict(address)


def _ways_on(lesson: Lesson) -> None:
    here = [other.id for other in LESSONS].index(lesson.id)
    before, every, after = st.columns(3)
    every.page_link("../pages/playgrounds.py", label="All playgrounds")
    if here > 0:
        _link(before, LESSONS[here - 1], "← {}")
    if here + 1 < len(LESSONS):
        _link(after, LESSONS[here + 1], "{} →")


def _link(column: st.delta_generator.DeltaGenerator, lesson: Lesson, label: str) -> None:
    column.page_link(f"../pages/playground/{lesson.id}.py", label=label.format(lesson.title))
