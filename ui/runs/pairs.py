"""Whether two runs really differ: each pair on the images that both answered."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import streamlit as st

from core.interpretation.comparison import SURE, RunResult, difference, paired
from core.markdown import plain
from ui.glossary import explained

MOST = 8
"""Most runs of which every pair is listed: 28 pairs."""


def show_pairs(runs: Sequence[RunResult], side: str) -> None:
    """One pair in a sentence, and a table of all of them; `side` names the pictures."""
    names = [s.run.name for s in runs]
    st.subheader("Do two runs really differ?")
    st.caption(f"Asked of the {side} pictures.")
    left, right = st.columns(2)
    newer = left.selectbox("Run", names, index=0, key="run_a", help=explained("metric"))
    older = right.selectbox("against", names, index=1, key="run_b")
    if newer == older:
        st.caption("Choose two different runs.")
    else:
        st.markdown(plain(difference(runs[names.index(newer)], runs[names.index(older)])))
    with st.expander(f"Every pair of the newest {min(len(runs), MOST)} runs"):
        _table(runs[:MOST])


def _table(runs: Sequence[RunResult]) -> None:
    rows = []
    for a, b in combinations(runs, 2):
        both = paired(a, b)
        rows.append(
            {
                "run": a.run.name,
                "against": b.run.name,
                "images": both.images,
                "only the first right": both.only_a,
                "only the second right": both.only_b,
                "p": float(f"{both.p_value:.2g}"),
                "verdict": "real" if both.p_value < SURE else "can be chance",
            }
        )
    st.dataframe(rows, key="pairs_table", hide_index=True)
    st.caption(
        f"Exact McNemar test on each pair. Of {len(rows)} pairs without any real difference, "
        f"about {len(rows) * SURE:.1f} would be called real by chance."
    )
