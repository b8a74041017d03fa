"""How the error falls as pictures are added, and what twice as many would bring: numpy only.

An error falls by about the same factor with each doubling of the data (a power law; Hestness et
al. 2017, arXiv 1712.00409). The factor is fitted to the parts of the data; how sure it is follows
from drawing repeats and validation images again (bootstrap): both are what it could have been
otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

SHARES = (0.25, 0.5, 0.75, 1.0)
DRAWS = 1000
HALF = SHARES.index(0.5)


def summary(
    wrong_rsn: np.ndarray, counts: Sequence[int], labels_n: np.ndarray, classes: Sequence[str]
) -> dict[str, Any]:
    """What a page shows of a learning curve, as JSON.

    Args:
        wrong_rsn: bool (repeats, shares, validation images).
        counts: training images of each share.
        labels_n: int (validation images,), -1 for an image of no class.
        classes: their names.
    """
    drawn_dsn = _drawn(wrong_rsn)
    own = {name: labels_n == k for k, name in enumerate(classes)}
    return {
        "counts": list(counts),
        "valid_images": len(labels_n),
        "overall": _curve(wrong_rsn, drawn_dsn, counts, np.ones(len(labels_n), bool)),
        "classes": {
            name: _curve(wrong_rsn, drawn_dsn, counts, rows)
            for name, rows in own.items()
            if rows.any()
        },
    }


def twice(error_rates_ds: np.ndarray, counts: Sequence[int], images: int) -> np.ndarray:
    """float (d,): the error rate to expect of twice the data of the last share.

    Args:
        error_rates_ds: float (d, shares), 0..1.
        images: that they were counted on; half an error is added, for the logarithm's sake.
    """
    logs_ds = np.log((error_rates_ds * images + 0.5) / (images + 1))
    x_s = np.log2(np.asarray(counts, float))
    x_s -= x_s.mean()
    per_doubling_d = (logs_ds - logs_ds.mean(1, keepdims=True)) @ x_s / (x_s**2).sum()
    # From the measured end, not from the fitted line: what is there is there.
    return error_rates_ds[:, -1] * np.exp(per_doubling_d)


def _drawn(wrong_rsn: np.ndarray) -> np.ndarray:
    """float32 (draws, shares, n): how often each image counts as wrong in each draw, and, in the
    last row of the second axis, how often it was drawn at all.
    """
    repeats, shares, n = wrong_rsn.shape
    rng = np.random.default_rng(0)
    drawn = np.empty((DRAWS, shares + 1, n), np.float32)
    for d in range(DRAWS):
        times_n = np.bincount(rng.integers(0, n, n), minlength=n)
        chosen = rng.integers(0, repeats, repeats)
        drawn[d, :-1] = wrong_rsn[chosen].mean(0) * times_n
        drawn[d, -1] = times_n
    return drawn


def _curve(
    wrong_rsn: np.ndarray, drawn_dsn: np.ndarray, counts: Sequence[int], rows_n: np.ndarray
) -> dict[str, Any]:
    """The errors of some validation images: means, bands, what was gained and what may be."""
    rates_rs = wrong_rsn[:, :, rows_n].mean(2)
    sums_ds = drawn_dsn[:, :, rows_n].sum(2)
    rates_ds = sums_ds[:, :-1] / np.maximum(sums_ds[:, -1:], 1)
    images = int(rows_n.sum())
    means_s = rates_rs.mean(0)
    saved_d = rates_ds[:, -1] - twice(rates_ds, counts, images)
    fell_d = rates_ds[:, HALF] - rates_ds[:, -1]
    return {
        "images": images,
        "error": means_s.tolist(),
        "low": rates_rs.min(0).tolist(),
        "high": rates_rs.max(0).tolist(),
        "fell": _with_interval(float(means_s[HALF] - means_s[-1]), fell_d),
        "gain": _with_interval(
            float(means_s[-1] - twice(means_s[None], counts, images)[0]), saved_d
        ),
    }


def _with_interval(value: float, draws_d: np.ndarray) -> dict[str, float]:
    low, high = np.quantile(draws_d, [0.025, 0.975])
    return {"value": value, "low": float(low), "high": float(high)}
