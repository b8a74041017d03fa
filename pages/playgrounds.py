"""Playgrounds: all lessons, each with a picture of what it shows."""

import streamlit as st

from core.playground import LESSONS
from ui.playground.thumbnails import thumbnail_of

st.title("Playgrounds")
st.markdown(
    f"{len(LESSONS)} small machines, which need no pictures of yours: move a slider, see the "
    "answer move. The [guided path](guide) takes them in order."
)
with st.grid(min_column_width=240, gap="small"):
    for lesson in LESSONS:
        with st.container(border=True, gap="xsmall", height="stretch"):
            st.image(thumbnail_of(lesson.id), alt=f"A picture of {lesson.title}", width="stretch")
            st.page_link(f"../pages/playground/{lesson.id}.py", label=f"**{lesson.title}**")
            st.caption(lesson.question)
