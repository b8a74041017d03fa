"""Home: what this is, where the person is on the way, and the next step."""

import streamlit as st

from core.dataset.sample import DESCRIPTION, NAME
from core.interpretation.comparison import run_results
from core.jobs import start_job
from ui import state
from ui.charts import percent
from ui.job_progress import show_jobs

catalog = state.catalog()
workspace = state.workspace()
counts = catalog.images.counts()
pictures = sum(sum(sides.values()) for sides in counts.values())
runs = catalog.runs.with_model()
newest = run_results(catalog, runs=runs[:1])
edits = catalog.journal.count()
exports = sorted(p.name for p in workspace.exports.glob("[!.]*"))

STEPS = [
    (
        "Dataset",
        "dataset",
        bool(pictures),
        f"{pictures:,} pictures in {len(counts)} classes" if pictures else "Bring your pictures",
    ),
    (
        "Training",
        "training",
        bool(runs),
        f"{newest[0].run.name}: {percent(newest[0].accuracy)}" if newest else "Seconds, on a CPU",
    ),
    (
        "Review",
        "review",
        bool(edits),
        f"{edits} change{'s' * (edits != 1)} so far"
        if edits
        else "See what it is most wrong about",
    ),
    (
        "Export",
        "export",
        bool(exports),
        f"{len(exports)} bundle{'s' * (len(exports) != 1)}" if exports else "Put it on the web",
    ),
]

st.title("TopLoss")
st.markdown(
    "From pictures to a classifier you understand: train quickly, look at what the model is most "
    "wrong about, fix the data, train again. Everything stays on this machine."
)

next_step = next((k for k, (_, _, done, _) in enumerate(STEPS) if not done), None)
for k, (column, (title, page, done, text)) in enumerate(zip(st.columns(4), STEPS, strict=True)):
    with column.container(border=True, height="stretch"):
        icon = "check_circle" if done else "arrow_circle_right" if k == next_step else "circle"
        st.markdown(f":material/{icon}: **{k + 1} · {title}**")
        st.caption(text)
        st.page_link(f"../pages/{page}.py", label="Open →")

busy = show_jobs("import")
if not pictures and not busy:
    st.subheader("Start here")
    left, right = st.columns(2)
    with left.container(border=True, height="stretch"):
        st.markdown(f"**Try it with real photos**  \n{DESCRIPTION}, already on this machine.")
        if st.button("Load the sample", type="primary", key="load_sample"):
            if workspace.name == state.DEFAULT:
                state.choose_workspace(NAME)
            start_job(state.workspace(), state.catalog(), "import", {"way": "sample"})
            st.rerun()
    with right.container(border=True, height="stretch"):
        st.markdown("**Use your own pictures**  \nA folder or a zip, with one folder per class.")
        st.page_link("../pages/dataset.py", label="Go to Dataset →")

st.page_link("../pages/guide.py", label="New to this? A guided path, lesson by lesson →")
