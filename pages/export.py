"""Export: a bundle of plain files, checked, and how to serve it."""

import io
import json
import shlex
import sys
import zipfile
from pathlib import Path

import streamlit as st

from core.interpretation.comparison import comparable, standings
from core.jobs import start_job
from core.markdown import plain
from ui import state
from ui.charts import percent
from ui.job_progress import show_jobs
from ui.messages import no_model_yet

SHOWN = 3

catalog = state.catalog()
workspace = state.workspace()
runs = standings(catalog)


def ask_for_run(busy: bool) -> None:
    best = runs.index(comparable(runs)[0])
    chosen = st.selectbox(
        "Run",
        runs,
        index=best,
        format_func=lambda s: f"{s.run.name} · {percent(s.accuracy)}",
        help="The most accurate one on today's validation images is chosen already.",
        key="export_run",
    )
    if st.button("Export", type="primary", disabled=busy, key="export"):
        start_job(workspace, catalog, "export", {"run_id": chosen.run.id})
        st.rerun()


def zipped(bundle: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in sorted(bundle.rglob("*")):
            archive.write(file, bundle.name / file.relative_to(bundle))
    return buffer.getvalue()


def serve_command(bundle: Path) -> str:
    """For the person's own terminal, with the Python that runs the studio."""
    python = Path(sys.executable)
    python = python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python
    return shlex.join([str(python), "gradio_app.py", "--bundle", str(bundle)])


def show_bundle(bundle: Path) -> None:
    with st.container(border=True):
        st.markdown(f"#### {bundle.name}")
        st.markdown(
            "Serve it on this machine: run this in the folder of TopLoss, then open "
            "http://127.0.0.1:7860"
        )
        st.code(serve_command(bundle), language="bash")
        st.download_button(
            "Download as zip",
            data=lambda: zipped(bundle),
            file_name=f"{bundle.name}.zip",
            key=f"download_{bundle.name}",
        )
        with st.expander("What it answers", expanded=True):
            show_examples(bundle)
        with st.expander("Model card"):
            text = (bundle / "README.md").read_text(encoding="utf-8")
            st.markdown(text.split("---", 2)[-1])
        st.caption("Checked when it was written: read back, it answers as the studio to 0.001.")


def show_examples(bundle: Path) -> None:
    """The recorded pictures; the bundle was checked to answer the same from its own files."""
    recorded = json.loads((bundle / "recorded.json").read_text(encoding="utf-8"))
    for column, (name, probs) in zip(st.columns(4), recorded.items(), strict=False):
        top = sorted(probs.items(), key=lambda pair: -pair[1])[:SHOWN]
        with column:
            st.image(bundle / "examples" / name, width="stretch")
            for label, probability in top:
                st.progress(probability, text=f"{plain(label)} {probability:.1%}")


st.title("Export")
if not runs:
    no_model_yet(catalog)
else:
    st.markdown(
        "Writes one folder of plain files (weights in safetensors, no pickle), reads it back and "
        "checks that it answers as the studio does."
    )
    controls = st.container()
    busy = show_jobs("export")
    with controls:
        ask_for_run(busy)
    for bundle in sorted(workspace.exports.glob("[!.]*"), reverse=True):
        show_bundle(bundle)
