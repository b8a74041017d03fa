"""The same on one's own pictures: from the quick model's scores to probabilities and a loss."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.catalog import Catalog
from core.markdown import plain
from core.metrics import losses
from core.records import Predictions
from core.workspace import Workspace

KINDS = ("most confident error", "least sure answer", "surest answer")
MOST_ROWS = 8


def show_own_answers(workspace: Workspace, catalog: Catalog) -> None:
    """One validation picture, with what the newest model made of it; a hint when there is none."""
    runs = catalog.runs.with_model()
    label = {image.id: image.label for image in catalog.images.all(sides=["valid"])}
    predictions = catalog.runs.predictions(runs[0].id, "final") if runs else None
    rows = [k for k, i in enumerate(predictions.image_ids) if i in label] if predictions else []
    st.subheader("On your own pictures")
    if predictions is None or not rows:
        st.caption("Train a model, and this shows how it came to its answers.")
        return
    kind = st.segmented_control(
        "Validation picture", KINDS, default=KINDS[0], required=True, key="own_answer"
    )
    row = _row(predictions, np.array(rows), [label[predictions.image_ids[k]] for k in rows], kind)
    picture, numbers = st.columns([1, 2])
    picture.image(str(workspace.copy(predictions.image_ids[row])), width="stretch")
    with numbers:
        _show_numbers(predictions, row, label[predictions.image_ids[row]])


def _row(predictions: Predictions, rows: np.ndarray, labels: list[str], kind: str) -> int:
    number = {name: k for k, name in enumerate(predictions.classes)}
    label_n = np.array([number.get(name, -1) for name in labels])
    probs_nc = predictions.probs_nc[rows]
    by = {
        KINDS[0]: losses(probs_nc, label_n),
        KINDS[1]: -probs_nc.max(1),
        KINDS[2]: probs_nc.max(1),
    }
    return int(rows[by[kind].argmax()])


def _show_numbers(predictions: Predictions, row: int, right: str) -> None:
    """Scores are known up to a constant, which softmax does not see: the lowest one is 0 here."""
    classes = predictions.classes
    p_c = np.maximum(predictions.probs_nc[row].astype(float), 1e-12)
    score_c = np.log(p_c) - np.log(p_c).min()
    order = np.argsort(-p_c)[:MOST_ROWS]
    st.dataframe(
        [
            {
                "class": classes[k] + (" (its label)" if classes[k] == right else ""),
                "score": round(score_c[k], 2),
                "exponential": f"{np.exp(score_c[k]):,.1f}",
                "probability": 100 * p_c[k],
                "loss if it were right": round(-np.log(p_c[k]), 2),
            }
            for k in order
        ],
        column_config={
            "probability": st.column_config.ProgressColumn(
                "probability", format="%.1f %%", min_value=0, max_value=100
            )
        },
        hide_index=True,
        key="own_answer_numbers",
    )
    answer = classes[int(p_c.argmax())]
    own = p_c[classes.index(right)] if right in classes else 1e-12
    st.markdown(
        f"The answer is **{plain(answer)}**, the label is **{plain(right)}**: "
        f"the loss is −log {own:.3g} = **{-np.log(own):.2f}**."
    )
