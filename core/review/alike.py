"""An order in which like pictures are together, so that a whole row can be marked at once."""

from __future__ import annotations

import numpy as np

FEWEST = 4
_DIMS = 32


def alike_together(features_nf: np.ndarray) -> np.ndarray:
    """Row numbers (n,) in an order in which similar rows are near each other.

    The rows are halved at the median of their main axis, and each half again (principal direction
    divisive partitioning; Boley 1998), until a handful is left.
    """
    if len(features_nf) <= FEWEST:
        return np.arange(len(features_nf))
    centred_nf = features_nf - features_nf.mean(0)
    _, axes_ff = np.linalg.eigh(centred_nf.T @ centred_nf)
    return np.array(_halve(centred_nf @ axes_ff[:, -_DIMS:], np.arange(len(features_nf))))


def _halve(points_nd: np.ndarray, rows: np.ndarray) -> list[int]:
    along_n = _along_main_axis(points_nd[rows])
    ordered = rows[np.argsort(along_n, kind="stable")]
    if len(rows) <= FEWEST:
        return [int(row) for row in ordered]
    middle = len(rows) // 2
    return _halve(points_nd, ordered[:middle]) + _halve(points_nd, ordered[middle:])


def _along_main_axis(points_nd: np.ndarray) -> np.ndarray:
    centred_nd = points_nd - points_nd.mean(0)
    _, axes_dd = np.linalg.eigh(centred_nd.T @ centred_nd)
    axis_d = axes_dd[:, -1]
    along: np.ndarray = centred_nd @ (axis_d * np.sign(axis_d[np.abs(axis_d).argmax()]))
    return along
