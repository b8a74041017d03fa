"""Choosing among all architectures: search, what their weights are, and those chosen."""

from __future__ import annotations

import streamlit as st

from core.models.hub import is_reachable
from core.models.listing import EMBEDDED, Architecture, Weights, find, search, weights_of
from ui.messages import callback

SHOWN = 100
WHERE: dict[Weights, str] = {
    "embedded": "installed",
    "cached": "downloaded",
    "hub": "to download",
    "none": "none",
}
CHOSEN = "chosen_architectures"


def ask_for_architectures() -> tuple[str, ...]:
    """The names that the person chose."""
    st.session_state.setdefault(CHOSEN, list(EMBEDDED))
    names = st.multiselect(
        "Architectures",
        [a.name for a in search("")],
        key=CHOSEN,
        format_func=_label,
        placeholder="Type a name: resnet, mobilenet, vit …",
        help="timm's names. Every one is a network that was trained on other pictures before.",
    )
    with st.expander("Search all of them"):
        _search()
    _say_where_weights_are([find(name) for name in names])
    return tuple(names)


@st.cache_data(ttl=60, show_spinner="Asking the hub …")
def _hub_answers() -> bool:
    return is_reachable()


def _label(name: str) -> str:
    architecture = find(name)
    return f"{name} · {architecture.parameters / 1e6:.1f} M · {architecture.size_px} px"


def _search() -> None:
    text = st.text_input(
        "Search", key="architecture_search", placeholder="Name, family or tag of weights"
    )
    matches = search(text)
    rows = [_row(architecture) for architecture in matches[:SHOWN]]
    event = st.dataframe(
        rows,
        key=f"found_architectures_{text}",
        on_select="rerun",
        selection_mode="multi-row",
        height=280,
    )
    more = f"; the first {SHOWN} are shown" if len(matches) > SHOWN else ""
    st.caption(f"{len(matches):,} architectures{more}.")
    names = [matches[k].name for k in event.selection.rows]
    st.button(
        "Add the ticked ones",
        key="add_architectures",
        disabled=not names,
        on_click=_add,
        args=(names,),
    )


@callback
def _add(names: list[str]) -> None:
    st.session_state[CHOSEN] = list(dict.fromkeys([*st.session_state[CHOSEN], *names]))


def _row(architecture: Architecture) -> dict[str, object]:
    return {
        "name": architecture.name,
        "family": architecture.family,
        "parameters, M": round(architecture.parameters / 1e6, 1),
        "input, px": f"{architecture.size_px}{' only' if architecture.fixed else ''}",
        "pretrained weights": WHERE[weights_of(architecture)],
    }


def _say_where_weights_are(architectures: list[Architecture]) -> None:
    missing = [a for a in architectures if weights_of(a) == "none"]
    coming = [a for a in architectures if weights_of(a) == "hub"]
    if missing:
        names = ", ".join(a.name for a in missing)
        st.warning(f"There are no pretrained weights of {names}, so they cannot be tried.")
    if not coming:
        return
    megabytes = sum(a.parameters for a in coming) * 4 / 1e6
    names = ", ".join(a.name for a in coming)
    if _hub_answers():
        st.info(f"About {megabytes:,.0f} MB will be downloaded from the hub for {names}.")
    else:
        st.warning(
            f"The weights of {names} would have to be downloaded, and the hub cannot be reached. "
            f"Installed are {', '.join(EMBEDDED)}."
        )
