"""Dataset: ways in, counts per class and side, a batch of pictures, what was skipped."""

import hashlib
import uuid

import streamlit as st

from core.dataset.sample import DESCRIPTION
from core.dataset.split import missing_sides
from core.errors import StudioError
from core.jobs import start_job
from core.markdown import plain
from ui import state
from ui.charts import class_counts
from ui.job_progress import show_jobs
from ui.pictures import picture_grid

BATCH = 24

catalog = state.catalog()
workspace = state.workspace()
counts = catalog.images.counts()
pictures = sum(sum(sides.values()) for sides in counts.values())


def start(kind: str, **args: str) -> None:
    start_job(workspace, catalog, kind, args)
    st.rerun()


def ask_for_pictures(busy: bool) -> None:
    ways = ["A folder on this machine", "A zip file", "The sample"]
    way = st.segmented_control("Way in", ways, default=ways[0], key="way_in", required=True)
    if way == ways[0]:
        path = st.text_input(
            "Folder",
            placeholder="/home/me/pictures/bears",
            help="One folder per class. Folders named train, valid (or val, validation) and test "
            "above the classes are respected.",
            key="folder",
        )
        if st.button("Import the folder", disabled=busy, key="import_folder"):
            if not path.strip():
                raise StudioError("No folder is named.", "Type or paste its path first.")
            start("folder", path=path.strip().strip("\"'"))
    elif way == ways[1]:
        upload = st.file_uploader("Zip with one folder per class", type="zip", key="zip")
        if st.button("Import the zip", disabled=busy or upload is None, key="import_zip"):
            name = f"{uuid.uuid4().hex}.zip"
            state.save_upload(upload, name)
            start("zip", upload=name, name=upload.name)
    else:
        st.markdown(f"{DESCRIPTION}. It joins what is in this workspace.")
        if st.button("Load the sample", disabled=busy, key="import_sample"):
            start("sample")


def show_counts() -> None:
    valid = sum(sides["valid"] for sides in counts.values())
    test = sum(sides["test"] for sides in counts.values())
    figures = [("Pictures", pictures), ("Classes", len(counts)), ("Validation", valid)]
    figures += [("Test", test)] if test else []
    figures += [("Deleted", catalog.images.quarantined_count())]
    for column, (name, value) in zip(st.columns(len(figures)), figures, strict=True):
        column.metric(name, f"{value:,}")
    st.echarts_chart(
        class_counts(counts),
        height=max(160, 60 + 26 * len(counts)),
        key="counts",
        alt="Pictures per class and side",
    )
    if len(counts) == 1:
        st.warning("There is only one class: add pictures of another one, to tell them apart.")
    for label, reason in missing_sides(counts).items():
        st.warning(f"**{plain(label)}**: {plain(reason)}")
    st.caption(
        "The side of a picture is decided once, from the picture itself, and never moves: runs "
        "are always compared on the same validation images."
    )


def show_batch() -> None:
    batch = st.session_state.get("batch", 0)
    st.subheader("A batch of pictures")
    start_id = hashlib.sha256(str(batch).encode()).hexdigest()
    picture_grid(workspace, catalog.images.sample(BATCH, start_id))
    st.button("Another batch", key="another_batch", on_click=show_another_batch, args=(batch + 1,))


def show_another_batch(number: int) -> None:
    st.session_state["batch"] = number


def show_imports() -> None:
    imports = catalog.images.imports()
    for done in imports:
        title = f"{plain(done.source)} · {done.added:,} new"
        title += f" · {done.known:,} were there before" if done.known else ""
        title += f" · {done.skipped:,} skipped" if done.skipped else ""
        with st.expander(title, expanded=done is imports[0] and not done.added):
            st.caption(f"{done.at.replace('T', ' ')[:16]} UTC")
            if done.skipped:
                rows = catalog.images.skipped(done.id)
                st.dataframe([{"file": s.path, "why it was skipped": s.reason} for s in rows])
            else:
                st.write("Nothing was skipped.")


st.title("Dataset")
busy = show_jobs("folder", "zip", "sample")
with st.expander("Add pictures", expanded=not pictures):
    if pictures:
        st.caption("They join those that are here. For another dataset, make a new workspace.")
    ask_for_pictures(busy)
if pictures:
    show_counts()
    st.page_link("../pages/training.py", label="**Train on these pictures** →")
    st.fragment(show_batch)()
show_imports()
