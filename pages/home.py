"""Home: the ways to begin, or how the workspace stands and what comes next."""

import streamlit as st

from core.jobs import TASKS
from core.markdown import plain
from core.next_step import standing
from ui import state
from ui.home.dashboard import show_dashboard
from ui.home.start import show_start
from ui.job_progress import show_jobs
from ui.leaks import show_leak_of
from ui.next_step import show_next_step

catalog = state.catalog()
now = standing(state.workspace(), catalog)

if now.pictures:
    st.title(plain(state.workspace().name))
    st.markdown(
        f"{now.pictures:,} picture{'s' * (now.pictures != 1)} in {now.classes} "
        f"class{'es' * (now.classes != 1)}"
    )
    show_next_step(catalog, "home", now=now)
    show_jobs(*TASKS)
    show_dashboard(catalog, now)
    for run in catalog.runs.with_model()[:1]:
        show_leak_of(catalog, run)
else:
    st.title("TopLoss")
    busy = show_jobs(*TASKS)
    if not busy:
        show_start(catalog)
