"""Pushing to the Hugging Face Hub. The token goes to the worker and is forgotten here."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.bundle.web_folder import folder_of, is_current
from core.catalog import Catalog
from core.jobs import start_job
from core.markdown import plain
from core.web.hub_target import ENDPOINT, address_of, push_of
from ui import state
from ui.export.web import WAYS

TOKENS = "push_tokens"


def show_push(catalog: Catalog, bundle: Path, busy: bool) -> None:
    st.markdown(
        f"Sends it to {ENDPOINT} under your name. It needs a token of yours that may write "
        f"([make one]({ENDPOINT}/settings/tokens)); it is used once and kept nowhere."
    )
    kinds = {"model": "The model"} | {
        way.kind: way.title
        for way in WAYS
        if is_current(folder_of(state.workspace(), bundle.name, way.kind), bundle)
    }
    with st.form("push", border=False):
        kind = st.selectbox(
            "What",
            list(kinds),
            format_func=kinds.__getitem__,
            help="What is written above can be pushed; the model always.",
            key="push_kind",
        )
        repository = st.text_input(
            "Repository", placeholder="ann/bears", max_chars=100, key="push_repository"
        )
        private = st.checkbox("Private", value=True, key="push_private")
        token = st.text_input(
            "Token", type="password", max_chars=200, autocomplete="off", key=_token_key()
        )
        if st.form_submit_button("Push to the hub", disabled=busy, key="push"):
            _forget_token()
            args = {"kind": kind, "repository": repository, "private": private}
            args["bundle"] = bundle.name
            push_of(state.context(), args)  # said at once when it cannot be
            start_job(state.workspace(), catalog, "push", args, secret=token)
            st.rerun()
    _show_last(catalog)


def _token_key() -> str:
    return f"push_token_{st.session_state.get(TOKENS, 0)}"


def _forget_token() -> None:
    """The next run has a new, empty field; what was in this one goes with it."""
    key = _token_key()
    st.session_state[TOKENS] = st.session_state.get(TOKENS, 0) + 1
    del st.session_state[key]


def _show_last(catalog: Catalog) -> None:
    job = catalog.jobs.latest("push")
    if job is not None and job.state == "done":
        address = address_of(str(job.args["repository"]).strip(), str(job.args["kind"]))
        st.success(f"Pushed last: [{plain(address)}]({address})")
