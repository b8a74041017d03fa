"""Errors and empty states, in one voice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec

import streamlit as st

from core.catalog import Catalog
from core.errors import StudioError
from core.markdown import plain
from ui import state

log = logging.getLogger("toploss")
P = ParamSpec("P")


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show what goes wrong inside as a message instead of a traceback."""
    try:
        yield
    except StudioError as error:
        show_error(error)
    except Exception:
        log.exception("A page failed")
        st.error(
            "**Something unexpected went wrong on this page.** What was stored is intact. "
            "Reload the page; the details are in the terminal that runs the studio."
        )


def _by_itself(act: Callable[P, None]) -> Callable[P, None]:
    """What Streamlit calls without the page around it gets what stands around pages."""

    @wraps(act)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with errors_shown(), state.owned_catalog():
            act(*args, **kwargs)

    return run


def callback(act: Callable[P, None]) -> Callable[P, None]:
    """What a widget does when it is used, before the page is drawn: with a catalog of its own; what
    goes wrong is shown on top of the page.
    """
    return _by_itself(act)


def fragment(draw: Callable[P, None], run_every: float | None = None) -> Callable[P, None]:
    """A part of a page that is drawn again by itself, every so many seconds if asked for. What goes
    wrong in it is shown in its place: around the page, it could only be said that something did.
    It outlives the run of the page, whose catalog is closed then: it asks for one of its own.
    """
    return st.fragment(_by_itself(draw), run_every=run_every)


def dialog(title: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """A window over the page, drawn again by itself; what goes wrong is shown as in a fragment."""
    return lambda draw: st.dialog(title, width="large")(_by_itself(draw))


def show_error(error: StudioError) -> None:
    message, hint = state.without_paths(error.message), state.without_paths(error.hint)
    st.error(f"**{plain(message)}** {plain(hint)}")


def no_model_yet(catalog: Catalog) -> None:
    """The empty state of pages that need a model: one step at a time."""
    if catalog.images.classes():
        empty_state("There is no model yet.", "Train the quick model", "training")
    else:
        empty_state("There are no pictures in this workspace yet.", "Bring them", "dataset")


def empty_state(text: str, button: str, page: str) -> None:
    """Say why a page is empty, and lead to where that can be changed."""
    with st.container(border=True):
        st.markdown(text)
        st.page_link(f"../pages/{page}.py", label=f"**{button}** →")
