"""One check of look-alikes: the pairs side by side, and what to do about those on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from core.catalog import Catalog
from core.catalog.lookalikes import NearPair, PairKind
from core.dataset.check import images_of, spare_copies, training_copies
from core.records import SIDE_NAMES, ImageRecord
from ui import state
from ui.dataset.check_pictures import decide, page_start, set_aside_buttons, undo_button
from ui.dataset.choice import card, chosen_ids, show_choice
from ui.dataset.skipped import show_in_another_class
from ui.messages import callback

A_PAGE = 24
CHOICE = "check_pair_choice"
BOTH_SIDES = "On both sides of the split"


class PairCheck(NamedTuple):
    """A kind of pairs, what it means, and what can be done about all of them at once.

    `which` says which images `victims` names.
    """

    name: str
    kind: PairKind
    about: str
    which: str
    victims: Callable[[Sequence[NearPair], Mapping[str, ImageRecord]], list[str]]


def _both(pairs: Sequence[NearPair], images: Mapping[str, ImageRecord]) -> list[str]:
    return list(images)


PAIR_CHECKS = (
    PairCheck(
        "One picture in two classes",
        "two labels",
        "Look-alikes under different labels: one of the two labels is wrong, or the classes "
        "overlap. Set the wrong one aside, or relabel it in the look-alike view.",
        "both of each pair",
        _both,
    ),
    PairCheck(
        BOTH_SIDES,
        "both sides",
        "One is trained on, its look-alike measures the model: it has seen the answer, so the "
        "measured accuracy is too good. Set the training one aside: validation and test images "
        "never move, so that runs stay comparable.",
        "the training ones",
        training_copies,
    ),
    PairCheck(
        "Near duplicates",
        "copies",
        "The same picture more than once, with one label: both are trained on, or neither is (a "
        "validation and a test picture are such a pair, too). It counts several times. Harmless "
        "when there are few.",
        "the smaller ones",
        spare_copies,
    ),
)


def show_pairs(check: PairCheck) -> None:
    catalog = state.catalog()
    st.markdown(check.about)
    if check.kind == "two labels":
        show_in_another_class(catalog)
    if catalog.lookalikes.searched_with() is None:
        return
    count = catalog.lookalikes.open_counts()[check.kind]
    if count:
        _show_page(catalog, check, count)
    else:
        st.success("There is no such pair among the pictures in use.")
        undo_button(catalog)


def _show_page(catalog: Catalog, check: PairCheck, count: int) -> None:
    workspace = state.workspace()
    start = page_start(f"check_page_{check.kind}", count, A_PAGE)
    pairs = catalog.lookalikes.open_pairs(check.kind, A_PAGE, start)
    images = images_of(catalog, pairs)
    _show_actions(catalog, check, pairs, images, chosen_ids(CHOICE, list(images)))
    show_choice(
        CHOICE,
        [
            [card(workspace, images[i], _note(images[i])) for i in (pair.first, pair.second)]
            for pair in pairs
        ],
    )


def _note(image: ImageRecord) -> str:
    return f"{SIDE_NAMES[image.side]} · {image.width_px} × {image.height_px}"


def _show_actions(
    catalog: Catalog,
    check: PairCheck,
    pairs: Sequence[NearPair],
    images: Mapping[str, ImageRecord],
    choice: Sequence[str],
) -> None:
    chosen_pairs = [p for p in pairs if {p.first, p.second} & set(choice)]
    with st.container(horizontal=True):
        spare = check.victims(pairs, images)
        set_aside_buttons(f"{check.which}, {len(spare):,}", spare, choice)
        st.button(
            f"Keep {len(chosen_pairs)} chosen {'pair' if len(chosen_pairs) == 1 else 'pairs'}",
            key="check_keep",
            disabled=not chosen_pairs,
            on_click=_keep,
            args=(chosen_pairs,),
            help="Says that they are no copies: both stay, and the pair is neither listed nor "
            "counted again.",
        )
        undo_button(catalog)
        if st.button("Open the look-alike view", key="check_review"):
            st.session_state["review_view"] = "Look-alikes"
            st.switch_page("../pages/review.py")


@callback
def _keep(pairs: Sequence[NearPair]) -> None:
    for pair in pairs:
        decide("keep all", [pair.first, pair.second])
