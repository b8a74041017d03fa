"""Export: a bundle of plain files, checked; how to serve it, and how to put it on the web."""

from pathlib import Path

import streamlit as st

from core.bundle.figures import bundles_of
from core.catalog import Catalog
from core.interpretation.comparison import comparable, run_results
from core.jobs import start_job
from ui import state
from ui.charts import percent
from ui.export.bundle import show_bundle
from ui.export.push import show_push
from ui.export.serve import show_serving
from ui.export.web import show_ways
from ui.job_progress import show_jobs
from ui.leaks import show_leak_of_run
from ui.messages import no_model_yet
from ui.next_step import emphasis, show_next_step

JOBS = ("export", "static-page", "space", "try-space", "push")
LICENCES = ("other", "apache-2.0", "mit", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc0-1.0")

catalog = state.catalog()
workspace = state.workspace()
runs = run_results(catalog)
bundles = bundles_of(workspace.exports)


def ask_for_run(catalog: Catalog, busy: bool) -> None:
    best = runs.index(comparable(runs)[0])
    left, right = st.columns([2, 1])
    result = left.selectbox(
        "Run",
        runs,
        index=best,
        format_func=lambda s: f"{s.run.name} · {percent(s.accuracy)}",
        help="The most accurate one on today's validation images is chosen already.",
        key="export_run",
    )
    licence = right.selectbox(
        "Licence",
        LICENCES,
        help="What the model card says; who took the pictures may have a say in it.",
        key="export_licence",
    )
    show_leak_of_run(catalog, result)
    if st.button("Export", type=emphasis(step, "export"), disabled=busy, key="export"):
        args = {"run_id": result.run.id, "license": licence}
        start_job(workspace, catalog, "export", args)
        st.rerun()


def ask_for_bundle() -> Path:
    if len(bundles) == 1:
        return bundles[0]
    return st.selectbox(
        "Bundle", bundles, format_func=lambda path: path.name, key="export_bundle", width=320
    )


def show_parts(catalog: Catalog, busy: bool) -> None:
    bundle = ask_for_bundle()
    st.subheader(bundle.name)
    parts = ["The bundle", "Serve it here", "Put it on the web"]
    part = st.segmented_control(
        "Part", parts, default=parts[0], key="part", required=True, label_visibility="collapsed"
    )
    if part == parts[0]:
        show_bundle(bundle)
    elif part == parts[1]:
        show_serving(bundle)
    else:
        show_ways(catalog, bundle, busy)
        if not state.settings().demo:
            st.markdown("#### Push to the hub")
            show_push(catalog, bundle, busy)


st.title("Export")
step = show_next_step(catalog, "export")
if not runs:
    no_model_yet(catalog)
else:
    st.markdown(
        "Writes one folder of plain files (weights in safetensors, no pickle), reads it back and "
        "checks that it answers as the studio does."
    )
    controls = st.container()
    busy = show_jobs(*JOBS)
    with controls:
        ask_for_run(catalog, busy)
    if bundles:
        show_parts(catalog, busy)
