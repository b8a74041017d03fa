"""How well pictures of something else are told from a classifier's own, in all directions.

    python -m benchmarks.none_of_these DIR DIR [DIR ...] [--sample] [--most 1500]

Each DIR holds pictures in a folder for each class (other layouts: all its pictures are one class).
For each, a fifth is set aside as validation pictures; from the rest the score is learned, and the
pictures of every other DIR are off topic. `--sample` adds the photos that come with the studio.
Prints a table of methods and of directions and, last, one JSON line:

    auroc, worst_auroc     how often an off-topic picture scores higher than a validation picture:
                           mean and least over the directions
    accepted, most         share of off-topic pictures below the threshold that 95 % of validation
                           pictures pass: mean and greatest
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from core.errors import PictureError
from core.images.working_copy import open_copy, working_copy
from core.models.embedder import Embedder
from core.sample_photos import sample_photos
from core.serving.off_topic import auroc, fit_off_topic, threshold
from core.settings import Settings
from core.training.config import DEFAULT_ARCHITECTURE

Score = Callable[[np.ndarray], np.ndarray]
NEIGHBOUR, BATCH = 5, 4


def neighbours(x: np.ndarray, y: np.ndarray) -> Score:
    """Distance (cosine) to the fifth nearest training picture."""
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)

    def score(z: np.ndarray) -> np.ndarray:
        near = z / np.linalg.norm(z, axis=1, keepdims=True) @ unit.T
        return 1 - np.sort(near, axis=1)[:, -min(NEIGHBOUR, len(unit))]

    return score


def by_logits(x: np.ndarray, y: np.ndarray, of: Callable[[np.ndarray], np.ndarray]) -> Score:
    mean, std = x.mean(0), x.std(0) + 1e-6
    head = LogisticRegression(C=100 / len(x), max_iter=100).fit((x - mean) / std, y)

    def score(z: np.ndarray) -> np.ndarray:
        said = head.decision_function((z - mean) / std)
        return of(np.stack([-said / 2, said / 2], 1) if said.ndim == 1 else said)

    return score


def energy(logits: np.ndarray) -> np.ndarray:
    high = logits.max(1)
    return -(high + np.log(np.exp(logits - high[:, None]).sum(1)))


def unsure(logits: np.ndarray) -> np.ndarray:
    """1 - the highest probability."""
    return 1 - 1 / np.exp(logits - logits.max(1, keepdims=True)).sum(1)


METHODS: dict[str, Callable[[np.ndarray, np.ndarray], Score]] = {
    "TopLoss": lambda x, y: fit_off_topic(x, y).score,
    "neighbours": neighbours,
    # These need two classes.
    "energy": lambda x, y: by_logits(x, y, energy),
    "highest probability": lambda x, y: by_logits(x, y, unsure),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--most", type=int, default=1500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(Path(home))
        embedder = Embedder(DEFAULT_ARCHITECTURE, settings.cache)
        sets = {}
        for folder in options.folders:
            files = {
                str(path.relative_to(folder)): (path.parent.name, path.read_bytes())
                for path in folder.rglob("*")
                if path.is_file()
            }
            sets[folder.name] = embedded(files, embedder, settings, options.most)
        if options.sample:
            sets["fruits"] = embedded(sample_photos(), embedder, settings, options.most)
    print(json.dumps({name: table(sets, name) for name in METHODS}))


def embedded(
    files: dict[str, tuple[str, bytes]], embedder: Embedder, settings: Settings, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, f) and numbers of classes (n,), in an order by chance."""
    names = list(files)
    chosen = np.random.default_rng(0).permutation(len(names))[:most]
    crops, labels = [], []
    for k in chosen:
        label, data = files[names[k]]
        try:
            picture = open_copy(working_copy(data, settings))
        except PictureError:  # a README beside the pictures
            continue
        crops.append(embedder.preprocessing.crop(picture))
        labels.append(label)
    parts = [np.stack(crops[k : k + BATCH]) for k in range(0, len(crops), BATCH)]
    features = np.concatenate([embedder.embed(part)[:, 0] for part in parts])
    return features, np.unique(labels, return_inverse=True)[1]


def table(sets: dict[str, tuple[np.ndarray, np.ndarray]], method: str) -> dict[str, object]:
    rows = {}
    for one, other in permutations(sets, 2):
        x, y = sets[one]
        if method in ("energy", "highest probability") and len(np.unique(y)) < 2:
            continue
        cut = len(x) // 5
        score = METHODS[method](x[cut:], y[cut:])
        own, strange = score(x[:cut]), score(sets[other][0])
        limit, _ = threshold(own)
        rows[f"{one} > {other}"] = auroc(own, strange), float((strange <= limit).mean())
        said = "{:.3f}  {:.3f}".format(*rows[f"{one} > {other}"])
        print(f"{method:20} {one:>14} > {other:14} {said}", flush=True)
    found = np.array(list(rows.values()))
    return {
        "auroc": round(float(found[:, 0].mean()), 4),
        "worst_auroc": round(float(found[:, 0].min()), 4),
        "accepted": round(float(found[:, 1].mean()), 4),
        "most": round(float(found[:, 1].max()), 4),
    }


if __name__ == "__main__":
    main()
