"""Interpretation: what a run gets wrong, how sure it is, and whether it cheats."""

import streamlit as st

from core.catalog import Catalog
from core.judged import Judged
from ui import state
from ui.interpretation.choice_of_run import ask_for_answers
from ui.interpretation.confidence import show_confidence
from ui.interpretation.confusion import show_confusion
from ui.interpretation.map import show_map
from ui.interpretation.shortcuts import show_shortcuts
from ui.interpretation.top_losses import show_top_losses
from ui.job_progress import show_jobs
from ui.leaks import show_leak_of_answers
from ui.messages import no_model_yet
from ui.next_step import show_next_step

OF_A_RUN = ("Confusion", "Top losses", "Confidence")
OF_THE_DATASET = {"Map": show_map, "Shortcuts": show_shortcuts}

catalog = state.catalog()
runs = catalog.runs.with_model()


def look_at_a_run(catalog: Catalog, section: str, busy: bool) -> None:
    if not runs:
        no_model_yet(catalog)
        return
    answers = ask_for_answers(catalog, runs, busy)
    if answers is None:
        return
    show_error_rate(answers)
    show_leak_of_answers(catalog, answers, answers.images[0].side)
    if section == "Confusion":
        show_confusion(catalog, answers)
    elif section == "Top losses":
        show_top_losses(catalog, answers)
    else:
        show_confidence(answers)


def show_error_rate(answers: Judged) -> None:
    share = answers.accuracy
    wrong = share.total - share.hits
    st.markdown(
        f"Error rate **{1 - share.value:.1%}**: {wrong:,} of {share.total:,} images "
        f"(95 % interval: {1 - share.high:.1%} to {1 - share.low:.1%})."
    )


st.title("Interpretation")
show_next_step(catalog, "interpretation")
busy = show_jobs("score", "shortcuts", "map", "heat-maps")
section = st.segmented_control(
    "Section",
    [*OF_A_RUN, *OF_THE_DATASET],
    default="Confusion",
    required=True,
    label_visibility="collapsed",
    width="stretch",
    key="interpretation_section",
)
if section in OF_A_RUN:
    look_at_a_run(catalog, section, busy)
elif not catalog.images.classes():
    no_model_yet(catalog)
else:
    OF_THE_DATASET[section](catalog, busy)
