"""One bundle: what was measured when it was written, what it answers, its card, its zip."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.bundle.figures import Figures, NoneFigures, figures_of, recorded_of
from core.bundle.web_folder import zipped
from core.errors import StudioError
from core.leaks import Leak, leak_sentence
from core.markdown import plain
from core.metrics import Share
from core.serving.source import card_of
from ui import state
from ui.messages import show_error

SHOWN = 3
EXAMPLES_SHOWN = 4


def show_bundle(bundle: Path) -> None:
    figures = _readable_figures(bundle)
    if figures is not None:
        if figures.test.total:
            _show_accuracy(figures.test, "test", figures.test_leak)
        else:
            _show_accuracy(figures.validation, "validation", figures.valid_leak)
    else:
        st.caption("The figures of this bundle are in its model card.")
    st.markdown(
        ":material/check_circle: Read back and asked about its own examples, it answers as the "
        "studio does, to 0.001 in each probability."
    )
    if figures is not None and (small := _small_in_words(figures)):
        st.caption(f"8-bit integers: {small}")
    show_examples(bundle)
    if figures is not None and figures.none_of_these is not None:
        with st.expander("None of these"):
            st.markdown(_none_in_words(figures.none_of_these))
    with st.expander("Model card"):
        st.markdown(card_of(bundle))
    offer_zip(bundle, bundle, "Download the bundle", f"download_{bundle.name}")


def _readable_figures(bundle: Path) -> Figures | None:
    try:
        return figures_of(bundle)
    except StudioError as error:  # the rest of the bundle may be whole
        show_error(error)
        return None


def _show_accuracy(right: Share, side: str, leak: Leak | None) -> None:
    with st.container(horizontal=True, gap="large"):
        st.metric(f"Accuracy on {side} pictures", f"{100 * right.value:.1f} %", width="content")
        interval = f"{100 * right.low:.1f} – {100 * right.high:.1f} %"
        st.metric("95 % interval", interval, width="content")
        st.metric("Right", f"{right.hits:,} of {right.total:,}", width="content")
    if leak is not None and leak.copied:
        st.warning(f"When it was exported: {leak_sentence(leak)}")


def _small_in_words(figures: Figures) -> str:
    """What model-int8.onnx costs and saves, or why there is none."""
    int8 = figures.int8
    if int8 is None:
        problem = figures.int8_problem
        return f"none; the quantiser said {plain(problem)}" if problem else ""
    left_out = "" if int8.kept else "left out, it was less accurate or no smaller; "
    sizes, times = [size / 1e6 for size in int8.file_bytes], int8.one_ms
    return (
        f"{left_out}right on {int8.right.hits:,} of {int8.right.total:,} validation images instead "
        f"of {int8.right_in_floats.hits:,}, {sizes[0]:.1f} MB instead of {sizes[1]:.1f}, "
        f"{times[0]:.1f} ms a picture instead of {times[1]:.1f}"
    )


def _none_in_words(none: NoneFigures) -> str:
    share = none.passed
    test = f"; of the test images {share.hits:,} of {share.total:,} do" if share.total else ""
    lines = "".join(
        f"\n- {plain(one.what)}: AUROC {one.auroc:.3f}; {one.accepted.hits:,} of "
        f"{one.accepted.total:,} pass as one of the classes"
        for one in none.told
    )
    return (
        "A picture is called none of these when its features are farther from all classes than "
        f"{none.threshold:.3f}; at least {none.pass_rate:.0%} of pictures like the validation "
        f"images stay below{test}." + (f"\n\nMeasured on other pictures:\n{lines}" if lines else "")
    )


def show_examples(bundle: Path) -> None:
    """The recorded pictures; the bundle was checked to answer the same from its own files."""
    examples = list(recorded_of(bundle).items())[:EXAMPLES_SHOWN]
    for column, (name, probs) in zip(st.columns(EXAMPLES_SHOWN), examples, strict=False):
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
