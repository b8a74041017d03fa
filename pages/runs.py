"""Runs: all of them on the same validation images, and whether two of them really differ."""

import streamlit as st

from core.interpretation.comparison import difference, standings
from ui import state
from ui.charts import accuracies
from ui.glossary import explained
from ui.messages import no_model_yet

catalog = state.catalog()
runs = standings(catalog)


def show_table() -> None:
    test = {s.run.id: s.accuracy for s in standings(catalog, "test") if s.accuracy.total}
    rows = [
        {
            "run": s.run.name,
            "accuracy, %": round(100 * s.accuracy.value, 1),
            "95 % interval": f"{100 * s.accuracy.low:.1f} – {100 * s.accuracy.high:.1f}",
            "right": f"{s.accuracy.hits} of {s.accuracy.total}",
            **(
                {"test accuracy, %": f"{100 * test[s.run.id].value:.1f}"}
                if s.run.id in test
                else {}
            ),
            "architecture": s.run.config["architecture"],
            "ended": s.run.ending or "running",
            "started (UTC)": s.run.created_at[:16].replace("T", " "),
        }
        for s in runs
    ]
    hidden = {} if test else {"test accuracy, %": None}
    st.dataframe(rows, column_config=hidden, key="runs_table")


def compare_two() -> None:
    names = [s.run.name for s in runs]
    st.subheader("Do two runs really differ?")
    left, right = st.columns(2)
    newer = left.selectbox("Run", names, index=0, key="run_a")
    older = right.selectbox("against", names, index=1, key="run_b")
    st.markdown(difference(runs[names.index(newer)], runs[names.index(older)]))


st.title("Runs")
if not runs:
    no_model_yet(catalog)
elif not runs[0].accuracy.total:
    st.warning(
        "No validation image is in use any more, so runs cannot be compared. Restore one on the "
        "Review page (show: deleted), or add pictures."
    )
    st.dataframe([{"run": s.run.name, "started (UTC)": s.run.created_at} for s in runs])
else:
    common = runs[0].accuracy.total
    st.markdown(
        f"All runs on the same **{common:,} validation images**, by the labels of today. An image "
        "that was relabelled counts the same for every run; a deleted one counts for none.",
        help=explained("validation set"),
    )
    if any(s.own_images > common for s in runs):
        st.caption("Images that an older run has not seen are left out of the comparison.")
    show_table()
    st.echarts_chart(
        accuracies([s.run.name for s in runs], [s.accuracy for s in runs]),
        height=80 + 34 * len(runs),
        key="accuracies",
        alt="Accuracy of each run with its interval",
    )
    if len(runs) > 1:
        compare_two()
