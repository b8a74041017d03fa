"""One bundle: what was measured when it was written, what it answers, its card, its zip."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.export.figures import figures_of, recorded_of
from core.export.web_folder import zipped
from core.markdown import plain
from ui import state

SHOWN = 3
EXAMPLES_SHOWN = 4


def show_bundle(bundle: Path) -> None:
    figures = figures_of(bundle)
    with st.container(horizontal=True, gap="large"):
        if figures.accuracy is not None:
            a = figures.accuracy
            st.metric("Accuracy", f"{a.value:.1f} %", width="content")
            st.metric("95 % interval", f"{a.low:.1f} – {a.high:.1f} %", width="content")
            st.metric("Right", f"{a.hits:,} of {a.total:,}", width="content")
    st.markdown(
        ":material/check_circle: Read back and asked about its own examples, it answers as the "
        "studio does, to 0.001 in each probability."
    )
    if figures.small:
        st.caption(f"8-bit integers: {figures.small}")
    show_examples(bundle)
    if figures.none_of_these:
        with st.expander("None of these"):
            st.markdown(figures.none_of_these)
    with st.expander("Model card"):
        st.markdown(figures.card)
    offer_zip(bundle, bundle, "Download the bundle", f"download_{bundle.name}")


def show_examples(bundle: Path) -> None:
    """The recorded pictures; the bundle was checked to answer the same from its own files."""
    recorded = list(recorded_of(bundle).items())[:EXAMPLES_SHOWN]
    for column, (name, probs) in zip(st.columns(EXAMPLES_SHOWN), recorded, strict=False):
        top = sorted(probs.items(), key=lambda pair: -pair[1])[:SHOWN]
        picture = bundle / "examples" / Path(name).name
        with column:
            if picture.is_file():
                st.image(picture, width="stretch")
            for label, probability in top:
                st.progress(probability, text=f"{plain(label)} {probability:.1%}")


def offer_zip(bundle: Path, folder: Path, label: str, key: str) -> None:
    """A button that downloads a bundle, or what was made of it; it is packed when asked for."""
    workspace = state.workspace()
    st.download_button(
        label,
        data=lambda: zipped(workspace, bundle.name, folder).read_bytes(),
        file_name=f"{folder.name}.zip",
        mime="application/zip",
        icon=":material/download:",
        key=key,
    )
