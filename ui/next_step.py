"""The bar that offers the one next step, in words: on every page of the loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import streamlit as st

from core.catalog import Catalog
from core.jobs import start_job
from core.markdown import plain
from core.next_step import Standing, Step, StepKind, next_step, standing
from ui import state
from ui.charts import counted
from ui.job_progress import duration

Emphasis = Literal["primary", "secondary"]
STARTS: frozenset[StepKind] = frozenset({"train", "train again"})
"""Steps that are done by a press on their button; the others are on a page."""
PAGE_OF: Mapping[StepKind, str] = {
    "bring pictures": "dataset",
    "bring a second class": "dataset",
    "train": "training",
    "review": "review",
    "train again": "training",
    "export": "export",
    "fine-tune": "training",
    "bring more": "dataset",
}
OWN = frozenset(
    {
        ("dataset", "bring pictures"),
        ("dataset", "bring a second class"),
        ("dataset", "bring more"),
        ("training", "train"),
        ("training", "fine-tune"),
        ("review", "review"),
        ("review", "train again"),
        ("export", "export"),
    }
)
"""Pages that have a button of their own for a step."""


class Offer(NamedTuple):
    """Why a step comes next, and what its button says."""

    why: str
    button: str


def show_next_step(
    catalog: Catalog, page: str, aside: bool = False, now: Standing | None = None
) -> Step:
    """Offer the next step, unless the page has a button for it, or something goes on; which it is.

    Only one button of a page is a primary one: that of the bar, or else that of the step.

    Args:
        aside: the page shows a part that has a primary button for something else.
        now: where the workspace is, if the page knows it already.
    """
    now = standing(state.workspace(), catalog) if now is None else now
    step = next_step(now)
    if step.kind != "wait" and (page, step.kind) not in OWN:
        _show_bar(catalog, page, now, step, "secondary" if aside else "primary")
    return step


def step_now(catalog: Catalog) -> Step:
    """The next step, where only how something is shown depends on it."""
    return next_step(standing(state.workspace(), catalog))


def emphasis(step: Step, *kinds: StepKind) -> Emphasis:
    """How a page shows its own button for a step of these kinds."""
    return "primary" if step.kind in kinds else "secondary"


def cost_of(step: Step) -> str:
    """How long a step takes, in words; empty when that is not known."""
    if step.seconds is None:
        return ""
    where = "" if step.measured else " on two cores"
    return f"about {duration(max(1.0, step.seconds))}{where}"


def offer_of(now: Standing, step: Step) -> Offer:
    """A step in words.

    Raises:
        KeyError: there is nothing to offer while something goes on.
    """
    model = plain(now.quick.name) if now.quick else ""
    cost = f" ({cost_of(step)})" if cost_of(step) else ""
    offers: Mapping[StepKind, Offer] = {
        "bring pictures": Offer("There are no pictures here yet.", "Bring pictures"),
        "bring a second class": Offer(
            "There is one class; a classifier tells two or more apart.", "Add a second class"
        ),
        "train": Offer(
            "No model has seen these pictures yet.",
            f"Train the quick model{cost}",
        ),
        "review": Offer(_doubts(model, step), _review(step)),
        "train again": Offer(f"{model} has not seen what changed.", f"{_again(step)}{cost}"),
        "export": Offer("No suspicious label is left to look at.", "Export"),
        "fine-tune": Offer("The newest model is exported.", "Fine-tune the whole network"),
        "bring more": Offer("The newest model is exported.", "Bring more pictures"),
    }
    return offers[step.kind]


def _show_bar(catalog: Catalog, page: str, now: Standing, step: Step, shown_as: Emphasis) -> None:
    offer = offer_of(now, step)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="next_bar"):
        st.markdown(f"**Next** · {offer.why}", width="stretch")
        if step.kind == "export" and page != "try_it":
            st.page_link("../pages/try_it.py", label="Try it first →")
        if st.button(offer.button, type=shown_as, key="next_step"):
            _go(catalog, page, step)


def _go(catalog: Catalog, page: str, step: Step) -> None:
    if step.kind in STARTS:
        start_job(state.workspace(), catalog, "quick", {})
        if page in ("home", PAGE_OF[step.kind]):  # which show how far it is
            st.rerun()
    elif step.kind.startswith("bring"):
        st.session_state["section"] = "Add pictures"
    st.switch_page(f"../pages/{PAGE_OF[step.kind]}.py")


def _doubts(model: str, step: Step) -> str:
    if not step.count:
        return f"{model} scored every label."
    verb = "labels are" if step.count != 1 else "label is"
    return f"{step.count:,} {verb} more likely wrong than right, says {model}."


def _review(step: Step) -> str:
    if not step.count:
        return "Review the most suspicious labels"
    return f"Review {counted(step.count, 'suspicious label')}"


def _again(step: Step) -> str:
    changed, added = counted(step.count, "change"), counted(step.added, "new picture")
    news = [words for words, count in ((changed, step.count), (added, step.added)) if count]
    return f"Train again on {' and '.join(news)}"
