"""Errors and empty states, in one voice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st

from core.catalog import Catalog
from core.errors import StudioError
from core.markdown import plain
from ui import state

log = logging.getLogger("toploss")
Draw = TypeVar("Draw", bound=Callable[..., None])


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


def fragment(draw: Draw, run_every: float | None = None) -> Draw:
    """A part of a page that is drawn again by itself, every so many seconds if asked for. What goes
    wrong in it is shown in its place: around the page, it could only be said that something did.
    """
    return st.fragment(errors_shown()(draw), run_every=run_every)


def dialog(title: str) -> Callable[[Draw], Draw]:
    """A window over the page, drawn again by itself; what goes wrong is shown as in a fragment."""
    return lambda draw: st.dialog(title, width="large")(errors_shown()(draw))


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
