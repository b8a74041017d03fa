"""Errors and empty states, in one voice."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import StudioError

log = logging.getLogger("toploss")


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


def show_error(error: StudioError) -> None:
    st.error(f"**{plain(error.message)}** {plain(error.hint)}")


def plain(text: str) -> str:
    """Text from outside, such that Markdown shows it as it is."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>()#+-!|$~:" else c for c in text)


def empty_state(text: str, button: str, page: str) -> None:
    """Say why a page is empty, and lead to where that can be changed."""
    with st.container(border=True):
        st.markdown(text)
        st.page_link(f"../pages/{page}.py", label=f"**{button}** →")
