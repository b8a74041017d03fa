"""How the error falls as pictures are added, and what twice as many would bring: numpy only.

An error falls by about the same factor with each doubling of the data (a power law; Hestness et
al. 2017, arXiv 1712.00409). The factor is fitted to the parts of the data. How sure it is follows
from what could have been otherwise: repeats and validation images are drawn again, the law is
fitted to some of the parts only (it may bend), and the model of all the data, and that of twice as
much, are each one draw of many, as different from each other as the repeats are.
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


def twice(
    error_rates_ds: np.ndarray,
    counts: Sequence[int],
    images: int,
    weights_ds: np.ndarray | None = None,
) -> np.ndarray:
    """float (d,): the error rate to expect of twice the data of the last share.

    Args:
        error_rates_ds: float (d, shares), 0..1.
        images: that they were counted on; half an error is added, for the logarithm's sake.
        weights_ds: float (d, shares), of the parts in the fit; without them, all the same.
    """
    logs_ds = np.log((error_rates_ds * images + 0.5) / (images + 1))
    weights_ds = np.ones_like(logs_ds) if weights_ds is None else weights_ds
    x_s = np.log2(np.asarray(counts, float))
    total_d1 = weights_ds.sum(1, keepdims=True)
    x_ds = x_s - (weights_ds * x_s).sum(1, keepdims=True) / total_d1
    per_doubling_d = (weights_ds * x_ds * logs_ds).sum(1) / (weights_ds * x_ds**2).sum(1)
    # From the measured end, not from the fitted line: what is there is there.
    return np.minimum(1.0, error_rates_ds[:, -1] * np.exp(per_doubling_d))


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
    saved_d = means_s[-1] - _later(rates_rs, rates_ds, counts, images)
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


def _later(
    rates_rs: np.ndarray, rates_ds: np.ndarray, counts: Sequence[int], images: int
) -> np.ndarray:
    """float (d,): error rates that a model of twice the data may have on these images.

    Args:
        rates_rs: float (repeats, shares), as measured.
        rates_ds: float (d, shares), of repeats and images drawn again.
    """
    rng = np.random.default_rng(1)
    draws, shares = rates_ds.shape
    weights_ds = np.ones((draws, shares))
    weights_ds[np.arange(draws), rng.integers(0, shares, draws)] = 0  # the law may bend
    change_d = twice(rates_ds, counts, images, weights_ds) - rates_ds[:, -1]
    change_d += np.sqrt(variance_of_models(rates_rs)) * rng.normal(size=draws)
    return np.clip(rates_rs[:, -1].mean() + change_d, 0, 1)


def variance_of_models(rates_rs: np.ndarray) -> float:
    """Of the error rate, between models of independent data as large as all of it.

    The repeats draw from the same images. The mean of a share s of them differs from that of all
    with 1 / s - 1 times the variance that all of them have between one dataset and the next.

    Args:
        rates_rs: float (repeats, shares).
    """
    if len(rates_rs) < 2:
        return 0.0
    part = np.array(SHARES[:-1])
    return float((rates_rs[:, :-1].var(0, ddof=1) * part / (1 - part)).mean())


def _with_interval(value: float, draws_d: np.ndarray) -> dict[str, float]:
    low, high = np.quantile(draws_d, [0.025, 0.975])
    return {"value": value, "low": float(low), "high": float(high)}
