"""Serving a bundle on the person's own machine: one command."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import streamlit as st

from ui import state


def show_serving(bundle: Path) -> None:
    st.markdown(
        "Run this in the folder of TopLoss, then open http://127.0.0.1:7860. Pictures stay on "
        "this machine."
    )
    st.code(serve_command(bundle), language="bash")
    st.markdown("Other programs send a picture and get the probabilities as JSON:")
    st.code("curl --data-binary @picture.jpg http://127.0.0.1:7860/classify", language="bash")


def serve_command(bundle: Path) -> str:
    """For the person's own terminal, with the Python that runs the studio; in a public demo, for
    the zip that they downloaded.
    """
    if state.settings().demo:
        return shlex.join(["python", "gradio_app.py", f"{bundle.name}.zip"])
    python = Path(sys.executable)
    python = python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python
    return shlex.join([str(python), "gradio_app.py", str(bundle)])
