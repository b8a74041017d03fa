"""Try it: hold a thing before the camera, and see what the model says and where it looks."""

import streamlit as st

from core.catalog import Catalog
from core.errors import StudioError
from core.jobs import start_job
from core.markdown import plain
from core.records import ImageRecord, Run
from core.try_it.kit import about, kit_of
from ui import state
from ui.job_progress import show_jobs
from ui.messages import no_model_yet
from ui.next_step import show_next_step
from ui.try_it.stage import show_stage

MOST_SAMPLES = 48
JOB = "try-it"

catalog = state.catalog()
workspace = state.workspace()
runs = catalog.runs.with_model()


def ask_for_run(runs: list[Run]) -> Run:
    """The newest, unless another is chosen."""
    if len(runs) == 1:
        return runs[0]
    by_id = {run.id: run for run in runs}
    number = st.selectbox(
        "Run", list(by_id), format_func=lambda k: by_id[k].name, key="try_it_run", width=320
    )
    return by_id[number]


def show_run(catalog: Catalog, run: Run) -> None:
    context = state.context()
    try:
        kit = kit_of(context, run)
    except StudioError as error:  # others may have theirs
        st.warning(f"**{plain(error.message)}** {plain(error.hint)}")
        return
    busy = show_jobs(JOB)
    if kit is None:
        make_ready(catalog, run, busy)
    else:
        classes = catalog.images.classes()
        show_stage(workspace, kit, about(context, run, kit), classes, samples(catalog))


def make_ready(catalog: Catalog, run: Run, busy: bool) -> None:
    """The first visit starts that by itself; after a failure the person says when."""
    last = catalog.jobs.latest(JOB)
    failed = last is not None and last.args.get("run_id") == run.id and last.state != "done"
    if busy:
        return
    st.caption("A model is made ready for the browser once: it then answers there at once.")
    if not failed or st.button("Make it ready", type="primary", key="make_ready"):
        start_job(workspace, catalog, JOB, {"run_id": run.id})
        st.rerun()


def samples(catalog: Catalog) -> list[ImageRecord]:
    """Pictures that the run did not learn from, in an order by chance that stays: by their hash."""
    images = catalog.images.all(sides=["test"]) or catalog.images.all(sides=["valid"])
    return sorted(images, key=lambda image: image.id)[:MOST_SAMPLES]


st.title("Try it")
show_next_step(catalog, "try_it", aside=bool(runs))  # then the camera's button is the first one
if not runs:
    st.markdown(
        "Hold a thing before the camera: the model says here what it is, and where it looks."
    )
    no_model_yet(catalog)
else:
    st.markdown(
        "The model runs in this browser. Pictures stay in it, until you put one into the dataset."
    )
    show_run(catalog, ask_for_run(runs))
