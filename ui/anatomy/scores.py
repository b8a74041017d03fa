"""From scores to probabilities, one step a column, for one picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.markdown import plain
from core.records import ImageRecord, Run
from ui.glossary import explained


def show_scores(logits: Sequence[float], run: Run, image: ImageRecord) -> None:
    st.subheader("From scores to probabilities")
    logits_c = np.array(logits, np.float64)
    less_c = logits_c - logits_c.max()
    powers_c = np.exp(less_c)
    probs_c = powers_c / powers_c.sum()
    best = int(probs_c.argmax())
    st.markdown(
        f"1. The last layer gives every class a **score** (logit).\n"
        f"2. The highest, {logits_c[best]:.3f}, is taken off each: only differences count.\n"
        f"3. **e** to the power of that makes them positive; together they are "
        f"{powers_c.sum():.4f}.\n"
        f"4. Divided by that sum they are **probabilities** (softmax): they add up to 1.\n"
        f"5. The answer is the class with the highest (argmax): **{plain(run.classes[best])}**, "
        f"{probs_c[best]:.1%}.",
        help=explained("softmax"),
    )
    order = np.argsort(-probs_c, kind="stable")
    st.dataframe(
        [
            {
                "class": run.classes[k],
                "it is": _remark(run.classes[k], int(k) == best, image),
                "score (logit)": round(float(logits_c[k]), 4),
                "less the highest": round(float(less_c[k]), 4),
                "e to that": round(float(powers_c[k]), 6),
                "probability": round(float(probs_c[k]), 6),
            }
            for k in order
        ],
        hide_index=True,
        key="scores",
    )
    _say_loss(probs_c, run, image)


def _remark(name: str, is_best: bool, image: ImageRecord) -> str:
    remarks = {"answer": is_best, "label": name == image.label}
    return ", ".join(word for word, holds in remarks.items() if holds)


def _say_loss(probs_c: np.ndarray, run: Run, image: ImageRecord) -> None:
    label = plain(image.label)
    if image.label not in run.classes:
        st.warning(f"This run does not know the class {label}, so there is no loss.")
        return
    own = float(probs_c[run.classes.index(image.label)])
    loss = -np.log(max(own, 1e-12))
    st.markdown(
        f"6. The **loss** is −log of the probability of the label, {label}: "
        f"−log {own:.6f} = **{loss:.4f}**. It would be 0 if the model were certain and right."
    )
