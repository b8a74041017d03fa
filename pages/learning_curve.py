"""More data?: how the error fell as pictures were added, and what twice as many would bring."""

import streamlit as st

from core.catalog import Catalog
from core.jobs import start_job
from ui import state
from ui.job_progress import show_jobs
from ui.messages import empty_state
from ui.plots import show_plot
from ui.training.growth import class_rows, conclusion, growth_plot, most_helped

catalog = state.catalog()


def show_study(catalog: Catalog) -> None:
    study = catalog.studies.latest("learning curve")
    if study is None:
        return
    result = study.result
    st.info(f"**{conclusion(result)}** {most_helped(result)}")
    names = {"": "all classes"} | {name: name for name in result["classes"]}
    label = st.selectbox("Curve of", list(names), format_func=names.__getitem__, key="growth_class")
    curve = result["classes"][label] if label else result["overall"]
    alt = "Error rate by number of training images"
    show_plot(growth_plot(result["counts"], curve), "growth_plot", alt, 320)
    st.caption(
        f"Bands: the range of {study.config['repeats']} random parts of each size, and the 95 % "
        f"interval of what to expect. All on the same {curve['images']:,} validation images. "
        f"Measured {study.at[:16].replace('T', ' ')} (UTC)."
    )
    with st.expander("Class by class"):
        st.dataframe(class_rows(result), key="growth_classes")


st.title("More data?")
if not catalog.images.classes():
    empty_state("There are no pictures in this workspace yet.", "Bring them", "dataset")
else:
    st.markdown(
        "Is it worth collecting more pictures? The quick model is trained on a quarter, half, "
        "three quarters and all of them, and always checked on the same validation images."
    )
    controls = st.container()
    busy = show_jobs("learning-curve")
    is_measured = catalog.studies.latest("learning curve") is not None
    if controls.button(
        "Measure again" if is_measured else "Measure it",
        type="secondary" if is_measured else "primary",
        disabled=busy,
        key="measure_growth",
        help="Seconds to a minute or two, once the pictures have been looked at.",
    ):
        start_job(state.workspace(), catalog, "learning-curve", {})
        st.rerun()
    show_study(catalog)
