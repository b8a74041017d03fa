"""Putting a bundle on the web: three ways, what each costs, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import streamlit as st

from core.bundle.web_folder import Kind, folder_of, is_current
from core.catalog import Catalog
from core.jobs import start_job
from core.serving.layout import GRAPH
from core.web.space_trial import last_trial
from ui import state
from ui.export.bundle import offer_zip
from ui.job_progress import duration


@dataclass(frozen=True)
class Way:
    """One way to the web: what it is called, costs and does, and the job that writes it."""

    kind: Kind
    title: str
    cost: str
    text: str
    job: str


WAYS = (
    Way(
        "static",
        "Static page",
        "free",
        "The visitor's own browser does the work: pictures never leave their device. Any web host "
        "will do; on the hub, a static Space. The first time, 33 MB are fetched from the npm "
        "registry (ONNX Runtime Web), once.",
        "static-page",
    ),
    Way(
        "gradio",
        "Gradio Space",
        "paid plan",
        "The hub's machine does the work, with a page and an address for other programs. "
        "The hub wants a paid plan for new Spaces with a server since August 2026.",
        "space",
    ),
    Way(
        "docker",
        "The studio, in Docker",
        "paid plan, or your own server",
        "All of TopLoss as a public demo: each visitor has a workspace of their own, which is "
        "deleted some hours after they leave. Your pictures and models are not in it.",
        "space",
    ),
)


def show_ways(catalog: Catalog, bundle: Path, busy: bool) -> None:
    for way in WAYS:
        with st.container(border=True):
            st.markdown(f"#### {way.title} :gray-badge[{way.cost}]")
            st.markdown(way.text)
            _show_way(catalog, way, bundle, busy)


def _show_way(catalog: Catalog, way: Way, bundle: Path, busy: bool) -> None:
    if way.kind == "static" and not (bundle / GRAPH).is_file():
        st.info("This bundle has no ONNX file, so a browser cannot run it.")
        return
    folder = folder_of(state.workspace(), bundle.name, way.kind)
    current = is_current(folder, bundle)
    with st.container(horizontal=True):
        first: Literal["primary", "secondary"] = "secondary" if current else "primary"
        if st.button(
            "Write it again" if current else "Write it",
            type=first if way.kind == "static" else "secondary",
            disabled=busy,
            key=f"write_{way.kind}",
        ):
            _start(catalog, way.job, bundle, kind=way.kind)
        if current:
            offer_zip(bundle, folder, "Download as zip", f"download_{way.kind}")
        if current and way.kind == "gradio" and not state.settings().demo:
            _ask_for_trial(catalog, bundle, busy)
    if current:
        _show_what_next(way, folder)
    elif folder.is_dir():
        st.caption("The bundle was exported again since this was written.")


def _ask_for_trial(catalog: Catalog, bundle: Path, busy: bool) -> None:
    if st.button(
        "Try it in a fresh environment",
        disabled=busy,
        help="Installs its requirements with pip (some 300 MB from the package index), starts it "
        "and compares an answer. The environment is deleted afterwards.",
        key="try_space",
    ):
        _start(catalog, "try-space", bundle)


def _show_what_next(way: Way, folder: Path) -> None:
    if way.kind == "gradio" and (trial := last_trial(folder)) is not None:
        st.success(
            f"Tried in a fresh environment: installed in {duration(trial.install_s)}, first "
            f"answer after {duration(trial.answer_s)}, probabilities differ by "
            f"{trial.difference:.6f} at most."
        )
    if state.settings().demo:
        return
    commands = {
        "static": ("To see it here:", f"python -m http.server --directory '{folder}' 8000"),
        "gradio": ("The folder:", str(folder)),
        "docker": ("On your own server:", f"docker build -t toploss '{folder}'"),
    }
    text, command = commands[way.kind]
    st.markdown(text)
    st.code(command, language=None if way.kind == "gradio" else "bash")


def _start(catalog: Catalog, job: str, bundle: Path, **args: str) -> None:
    start_job(state.workspace(), catalog, job, {"bundle": bundle.name, **args})
    st.rerun()
