"""Which model: several architectures on the same pictures, accuracy against time."""

import streamlit as st

from core.catalog import Catalog
from core.jobs import active_job, start_job
from core.markdown import plain
from core.training.architecture_results import Candidate, Ranked, candidates_of, ranked
from ui import state
from ui.architectures.charts import accuracy_against_time
from ui.architectures.choice import ask_for_architectures
from ui.job_progress import show_jobs
from ui.messages import empty_state
from ui.plots import show_plot

catalog = state.catalog()


def ask(catalog: Catalog) -> None:
    names = ask_for_architectures()
    left, right = st.columns([1, 3], vertical_alignment="center")
    fine_tune = right.checkbox(
        "Fine-tune each as well",
        key="fine_tune_each",
        help="Minutes for each on a CPU. These runs stay on the Runs page.",
    )
    busy = active_job(state.workspace(), catalog) is not None
    label = f"Compare {len(names)}" if names else "Compare"
    if left.button(label, type="primary", disabled=busy or not names, key="compare"):
        args = {"architectures": names, "fine_tune": fine_tune}
        start_job(state.workspace(), catalog, "architectures", args)
        st.rerun()


def show_results(catalog: Catalog) -> None:
    study = catalog.studies.latest("architectures")
    if study is None:
        return
    candidates = candidates_of(study.result)
    ranking = ranked(candidates)
    if ranking:
        st.subheader(f"On {ranking[0].candidate.accuracy.total:,} validation images")
        alt = "Accuracy of each architecture against its time"
        show_plot(accuracy_against_time(ranking), "accuracy_against_time", alt, 420)
        show_table(ranking)
    for failure in (c for c in candidates if c.error):
        name, why = plain(failure.architecture), plain(failure.error)
        st.warning(f"**{name}** ({failure.how}) failed. {why}")


def show_table(ranking: list[Ranked]) -> None:
    st.dataframe([row(entry) for entry in ranking], key="architectures_table")
    st.caption(
        "Times were measured on this machine. One picture: by itself through torch; a served "
        "classifier runs ONNX Runtime and is usually faster. In batches: each picture with its "
        "mirror image, as the quick model reads the dataset."
    )


def row(entry: Ranked) -> dict[str, object]:
    c, share = entry.candidate, entry.candidate.accuracy
    return {
        "architecture": c.architecture,
        "how": c.how,
        "accuracy, %": round(100 * share.value, 1),
        "95 % interval": f"{100 * share.low:.1f} – {100 * share.high:.1f}",
        "right": f"{share.hits} of {share.total}",
        "against the best": verdict(entry),
        "one picture, ms": round(c.one_ms, 1),
        "in batches, ms": round(c.batch_ms, 1),
        "parameters, M": round(c.parameters / 1e6, 1),
    }


def verdict(entry: Ranked) -> str:
    if entry.is_best:
        return "the best here"
    if entry.p_value >= 0.05:
        return f"no real difference (p = {entry.p_value:.2f})"
    return f"worse (p = {entry.p_value:.2g})"


def use_one(catalog: Catalog, candidates: list[Candidate]) -> None:
    names = list(dict.fromkeys(s.candidate.architecture for s in ranked(candidates)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Use", names, key="use_architecture", width=320)
        if st.button("Train the quick model with it", key="quick_with_it"):
            start_job(state.workspace(), catalog, "quick", {"architecture": name})
            st.switch_page("../pages/training.py")
        if st.button("Take it to Training", key="take_to_training"):
            st.session_state["architecture"] = name
            st.switch_page("../pages/training.py")


st.title("Which model?")
if not catalog.images.classes():
    empty_state("There are no pictures to try models on yet.", "Bring your pictures", "dataset")
else:
    st.markdown(
        "Every architecture looks at the same pictures, and a linear layer learns the classes. "
        "Then all answer the same validation images, and each is timed."
    )
    ask(catalog)
    busy = show_jobs("architectures", below=show_results)
    study = catalog.studies.latest("architectures")
    if study is not None and not busy and ranked(candidates_of(study.result)):
        use_one(catalog, candidates_of(study.result))
