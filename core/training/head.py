"""A linear head on frozen features: softmax regression with an L2 penalty, solved exactly.

The problem is convex, so the answer depends on the data alone, not on a seed or a rate. Several
heads (the folds) are solved side by side as one batched problem.

Minimised per head: mean cross-entropy + penalty / 2 * ||W||^2, over standardised features,
without a penalty on the bias; by L-BFGS (Nocedal & Wright, Numerical Optimization, ch. 7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.metrics import losses, softmax
from core.suspicion import FOLDS, fold_of

PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)  # the largest for labels of which many are wrong
STEPS = 100
CHOICE_STEPS = 20  # enough to tell penalties apart


@dataclass(frozen=True, eq=False)
class Head:
    """A linear layer on raw features: logits = features @ weight.T + bias.

    Attributes:
        weight_cf: float32 (classes, features).
        bias_c: float32 (classes,).
        penalty: the L2 penalty it was fitted with.
    """

    weight_cf: np.ndarray
    bias_c: np.ndarray
    penalty: float

    def probabilities(self, features_nvf: np.ndarray) -> np.ndarray:
        """float32 (n, classes) from features (n, views, features), averaging views."""
        logits = features_nvf.mean(1) @ self.weight_cf.T + self.bias_c
        return softmax(logits)


def fit_head(
    features_nvf: np.ndarray, labels_n: np.ndarray, num_classes: int, penalty: float
) -> Head:
    """Fit on every row; each view of an image is an example.

    Args:
        features_nvf: float32 (n, views, features).
        labels_n: int (n,), 0..num_classes-1.
    """
    everything = np.ones((1, len(labels_n)), np.float32)
    weights, biases = _solve(features_nvf, labels_n, num_classes, everything, penalty, STEPS)
    return Head(weights[0], biases[0], penalty)


def choose_penalty(features_nvf: np.ndarray, labels_n: np.ndarray, num_classes: int) -> float:
    """The penalty with the lowest out-of-fold cross-entropy on these images."""
    both_n1f = features_nvf.mean(1, keepdims=True)  # half the rows; the order stays the same

    def mean_loss(penalty: float) -> float:
        probs = _out_of_fold(both_n1f, labels_n, num_classes, penalty)
        return float(losses(probs, labels_n).mean())

    return min(PENALTIES, key=mean_loss)


def _out_of_fold(
    features_nvf: np.ndarray, labels_n: np.ndarray, num_classes: int, penalty: float
) -> np.ndarray:
    """float32 (n, classes); all folds are solved at once."""
    folds = fold_of(labels_n)
    seen = (folds[None] != np.arange(FOLDS)[:, None]).astype(np.float32)  # (folds, n)
    weights, biases = _solve(features_nvf, labels_n, num_classes, seen, penalty, CHOICE_STEPS)
    probs = np.empty((len(labels_n), num_classes), np.float32)
    for fold in range(FOLDS):
        rows = folds == fold
        head = Head(weights[fold], biases[fold], penalty)
        probs[rows] = head.probabilities(features_nvf[rows])
    return probs


def _solve(
    features_nvf: np.ndarray,
    labels_n: np.ndarray,
    num_classes: int,
    seen_hn: np.ndarray,
    penalty: float,
    steps: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (heads, classes, features) and biases (heads, classes) on raw features.

    Args:
        seen_hn: 1 where head h learns from image n, else 0.
    """
    n, views, dims = features_nvf.shape
    mean = features_nvf.mean((0, 1))
    std = features_nvf.std((0, 1)) + 1e-6
    x = torch.from_numpy(((features_nvf - mean) / std).reshape(n * views, dims))
    y = torch.from_numpy(labels_n).repeat_interleave(views)
    seen = torch.from_numpy(seen_hn).repeat_interleave(views, dim=1)  # (heads, n * views)
    share = seen / seen.sum(1, keepdim=True).clamp(min=1)
    heads = len(seen)
    weight = torch.zeros(dims, heads * num_classes, requires_grad=True)
    bias = torch.zeros(heads * num_classes, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [weight, bias], max_iter=steps, tolerance_grad=1e-5, line_search_fn="strong_wolfe"
    )

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        logits = (x @ weight + bias).view(-1, heads, num_classes)  # (rows, heads, classes)
        each = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), y.repeat_interleave(heads), reduction="none"
        ).view(-1, heads)
        total = (each * share.T).sum() + penalty * weight.square().sum() / 2
        total.backward()
        return total

    optimiser.step(loss)
    w = weight.detach().view(dims, heads, num_classes).permute(1, 2, 0).numpy() / std
    b = bias.detach().view(heads, num_classes).numpy() - w @ mean
    return w.astype(np.float32), b.astype(np.float32)
