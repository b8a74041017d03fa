"""Which classes are taken for which: the matrix, its worst cells, and figures for each class."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.catalog import Catalog
from core.interpretation.confusion import (
    class_reports,
    confusion_matrix,
    grouped_order,
    most_confused,
)
from core.judged import Judged
from core.markdown import plain
from core.metrics import Share
from ui.interpretation.charts import confusion_plot
from ui.interpretation.chosen_pictures import show_pictures
from ui.plots import ask_for_points


def show_confusion(catalog: Catalog, answers: Judged) -> None:
    matrix = confusion_matrix(answers.labels_n, answers.predicted_n, len(answers.classes))
    order = grouped_order(matrix)
    as_shares = st.segmented_control(
        "Show", ["counts", "shares of each class"], default="counts", required=True, key="cells"
    )
    plot = confusion_plot(matrix, order, answers.classes, as_shares != "counts")
    side_px = min(760, 200 + 34 * len(order))
    alt = "Confusion matrix: actual class down, predicted class across"
    cells = ask_for_points(plot, "confusion_plot", alt, side_px)
    unknown = int((answers.labels_n < 0).sum())
    if unknown:
        st.caption(f"Images with a label that this run does not know: {unknown:,}.")
    _show_cell(catalog, answers, order, cells)
    _show_pairs(catalog, answers, matrix)
    _show_classes(answers, matrix)


def _show_cell(catalog: Catalog, answers: Judged, order: np.ndarray, cells: list[int]) -> None:
    if not cells:
        st.caption(
            "Rows: what a picture is. Columns: what the run said. Click a cell to see its pictures."
        )
        return
    row, column = divmod(cells[0], len(order))
    actual, predicted = int(order[row]), int(order[column])
    _show_pictures_of(catalog, answers, actual, predicted)


def _show_pictures_of(catalog: Catalog, answers: Judged, actual: int, predicted: int) -> None:
    rows = np.flatnonzero((answers.labels_n == actual) & (answers.predicted_n == predicted))
    rows = rows[np.argsort(-answers.losses_n[rows], kind="stable")]
    a, p = plain(answers.classes[actual]), plain(answers.classes[predicted])
    verdict = "rightly" if actual == predicted else f"taken for **{p}**"
    st.markdown(f"**{a}**, {verdict}: {len(rows):,} picture{'s' * (len(rows) != 1)}, worst first")
    show_pictures(catalog, answers, rows.tolist(), "confusion_cell")


def _show_pairs(catalog: Catalog, answers: Judged, matrix: np.ndarray) -> None:
    st.subheader("Most confused")
    fewest = st.number_input("At least so many images", 1, 1000, 2, key="fewest", width=200)
    pairs = most_confused(matrix, fewest)
    if not pairs:
        st.caption("No two classes are confused that often.")
        return
    rows = [
        {
            "actual": answers.classes[pair.actual],
            "predicted": answers.classes[pair.predicted],
            "images": pair.count,
            "share of the class, %": round(100 * pair.count / matrix[pair.actual].sum(), 1),
        }
        for pair in pairs
    ]
    event = st.dataframe(
        rows, key="confused_pairs", on_select="rerun", selection_mode="single-row", hide_index=True
    )
    for k in event.selection.rows:
        _show_pictures_of(catalog, answers, pairs[k].actual, pairs[k].predicted)


def _show_classes(answers: Judged, matrix: np.ndarray) -> None:
    st.subheader("Each class")
    reports = class_reports(matrix)
    rows = [
        {
            "class": name,
            "images": report.images,
            "precision": _with_interval(report.precision),
            "recall": _with_interval(report.recall),
            "F1": f"{report.f1:.2f}  ({report.f1_low:.2f} – {report.f1_high:.2f})",
        }
        for name, report in zip(answers.classes, reports, strict=True)
        if report.images or report.precision.total
    ]
    st.dataframe(rows, key="class_reports", hide_index=True)
    st.caption(
        "Precision: of the pictures called so, those that are. Recall: of those that are, those "
        "called so. F1 joins both. In brackets: 95 % intervals; with few images they are wide."
    )


def _with_interval(share: Share) -> str:
    return f"{share.value:.2f}  ({share.low:.2f} – {share.high:.2f})" if share.total else "–"
