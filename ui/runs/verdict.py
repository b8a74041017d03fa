"""What the runs come to, in a sentence or two: which one to take, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

from core.interpretation.comparison import SURE, RunResult, comparable, paired
from core.markdown import plain
from core.metrics import Share


def verdict_of(runs: Sequence[RunResult], side: str) -> str:
    """Markdown about the runs that answered the same pictures of a side; empty without any."""
    ranked = [result for result in comparable(runs) if result.accuracy.total]
    if not ranked:
        return ""
    best, *others = ranked
    ahead = bool(others) and best.accuracy.hits > others[0].accuracy.hits
    verb = "is right most often" if ahead else "is right"
    sentence = (
        f"**{plain(best.run.name)} {verb}: {_percent(best.accuracy)}** of the {side} pictures "
        f"(95 % interval: {_interval(best.accuracy)})."
    )
    return f"{sentence} {_against(best, others[0])}" if others else sentence


def _against(best: RunResult, next_best: RunResult) -> str:
    both, name = paired(best, next_best), plain(next_best.run.name)
    if both.only_a == both.only_b:
        return f"{name} is right as often: either will do."
    if both.p_value < SURE:
        return f"It is really better than {name}, the next best: take it."
    return f"That it is ahead of {name} can be chance: either will do."


def _percent(share: Share) -> str:
    return f"{100 * share.value:.1f} %"


def _interval(share: Share) -> str:
    return f"{100 * share.low:.1f} to {100 * share.high:.1f} %"
