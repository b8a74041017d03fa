"""Where in a picture a linear head finds a class (class activation maps; Zhou et al. 2016,
arXiv 1512.04150): exact for a head on averaged maps, since its score is the mean of this map.
"""

from __future__ import annotations

import numpy as np


def class_activation(maps_fhw: np.ndarray, weight_cf: np.ndarray, label: int) -> np.ndarray:
    """How much each place speaks for a class rather than for the others, 0..1, (rows, columns).

    Args:
        maps_fhw: float32 (features, rows, columns).
        weight_cf: float32 (classes, features) of the head.
        label: the number of the class.
    """
    against_f = weight_cf[label] - weight_cf.mean(0)
    speaks_hw = np.maximum(np.tensordot(against_f, maps_fhw, 1), 0.0)
    shares: np.ndarray = speaks_hw / max(float(speaks_hw.max()), 1e-6)
    return shares
