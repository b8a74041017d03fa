"""Whether the probabilities can be believed, and what happens when unsure answers are held back."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.interpretation.reliability import Reliability, reliability
from core.interpretation.thresholds import AtThreshold, at_thresholds
from core.judged import Judged
from core.metrics import Share
from ui.interpretation.charts import calibration_plot, threshold_plot
from ui.plots import show_plot

STEPS = np.round(np.linspace(0, 1, 101), 2)


def show_confidence(answers: Judged) -> None:
    result = reliability(answers.probs_nc, answers.labels_n)
    if result is None:
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Are the probabilities true?")
        alt = "Share right by confidence"
        show_plot(calibration_plot(result), "calibration_plot", alt, 320)
        st.markdown(_in_words(result))
    with right:
        st.subheader("Answer only when sure")
        _explore_thresholds(answers)


def _in_words(result: Reliability) -> str:
    measurement = (
        f"Expected calibration error **{100 * result.error:.1f} points**. With true probabilities "
        f"and this many images it would stay below {100 * result.error_by_chance:.1f} in 19 of 20 "
        "cases"
    )
    if result.error <= result.error_by_chance:
        return measurement + ": no sign that they are false."
    too = "too sure" if result.temperature > 1 else "not sure enough"
    return measurement + (
        f": the model is {too}. Dividing its scores by a temperature of "
        f"**{result.temperature:.2f}** would leave {100 * result.error_after:.1f} points."
    )


def _explore_thresholds(answers: Judged) -> None:
    every = at_thresholds(answers.confidence_n, answers.right_n, STEPS)
    limit = st.slider("Lowest confidence that is answered", 0.0, 1.0, 0.5, 0.01, key="threshold")
    alt = "Answered, and right of these, by the lowest confidence"
    show_plot(threshold_plot(every, limit), "threshold_plot", alt, 260)
    _say(every[round(limit * 100)])


def _say(at: AtThreshold) -> None:
    columns = st.columns(3)
    columns[0].metric("Answered", _percent(at.answered), help=_interval(at.answered))
    columns[1].metric("Of these right", _percent(at.right), help=_interval(at.right))
    columns[2].metric(
        "Errors held back", _percent(at.wrong_held_back), help=_interval(at.wrong_held_back)
    )
    st.caption(
        f"{at.answered.hits:,} of {at.answered.total:,} images are answered; "
        f"{at.right.total - at.right.hits:,} of these answers are wrong "
        f"(95 % interval of right answers: {_interval(at.right)})."
    )


def _percent(share: Share) -> str:
    return f"{share.value:.1%}" if share.total else "–"


def _interval(share: Share) -> str:
    return f"{share.low:.1%} – {share.high:.1%}"
