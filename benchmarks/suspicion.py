"""How well wrong labels are found and counted, on pictures whose true labels are known.

    python -m benchmarks.suspicion --images DIR --truth truth.csv [--against cleanlab]

DIR has a folder for each class: the labels under test. truth.csv has the columns `file` and
`label_true`; `file` is a path below DIR, or a file name if that is unique there. The studio's own
code is run in a workspace that is thrown away: import, features, then scoring. Prints a table and,
last, one JSON line:

    average_precision, auroc   of the ranking by suspicion, against what is really wrong
    p50, p100, p500            share of really wrong labels among the first 50, 100, 500
    estimated, true            number of wrong labels: as the Review page says before any answer
                               (with `low` and `high`, its 95 % interval), and in truth
    seconds                    of scoring, once features are there
    in_sample                  average precision of the loss of a head that saw the labels
    after_480                  what a person who answers rightly has found after 480 pictures of
                               the queue, and the wrong labels left: estimated, low, high, true
    cleanlab                   with --against cleanlab: average precision of each of its rankings,
                               of plain out-of-fold probabilities of a linear head on the same
                               features; `cleanlab_count` is its number of label issues
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.allocator import keep_freed_memory
from benchmarks.workspace import import_folder, throw_away_context
from core.context import Context
from core.errors import StudioError
from core.feature_store import FeatureStore
from core.metrics import losses
from core.models.embedder import Embedder
from core.models.features import compute_features
from core.review.chance_wrong import Count, calibrate
from core.review.queue import with_controls
from core.suspicion import judge, out_of_fold, prepare
from core.training.config import DEFAULT_ARCHITECTURE
from core.training.head import choose_penalty, fit_head

REVIEWED = (0, 48, 144, 288, 480, 960)
RANKINGS = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")


@dataclass(frozen=True, eq=False)
class Labelled:
    """Pictures with features, the labels under test, and what is really wrong.

    Attributes:
        ids: n image ids.
        features_nvf: float32 (n, 2, features).
        labels_n: int64 (n,).
        wrong_n: bool (n,).
        classes: how many there are.
    """

    ids: list[str]
    features_nvf: np.ndarray
    labels_n: np.ndarray
    wrong_n: np.ndarray
    classes: int


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    keep_freed_memory()
    try:
        with TemporaryDirectory(prefix="toploss-bench-", ignore_cleanup_errors=True) as home:
            _benchmark(options, Path(home))
    except StudioError as error:
        sys.exit(f"{error.message} {error.hint}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suspicion")
    parser.add_argument("--images", type=Path, required=True, help="a folder per class")
    parser.add_argument("--truth", type=Path, required=True, help="CSV: file, label_true")
    parser.add_argument("--against", choices=["cleanlab"], help="rank the same pictures with it")
    parser.add_argument("--architecture", default=DEFAULT_ARCHITECTURE)
    return parser.parse_args(arguments)


def _benchmark(options: argparse.Namespace, home: Path) -> None:
    context = throw_away_context(home)
    try:
        data = _labelled(context, options)
    finally:
        context.catalog.close()
    figures, rows, wrong_n = _ours(data)
    reviewed = _reviewed(data, wrong_n)
    figures["after_480"] = reviewed.get(480)
    in_sample = _in_sample(data)
    figures["in_sample"] = round(average_precision_score(data.wrong_n, in_sample), 4)
    rows.append(("in-sample loss", *_quality(data, in_sample)))
    if options.against:
        rows += _cleanlab(data, figures)
    print(_table(data, figures, rows), flush=True)
    print(_review_table(reviewed), flush=True)
    print(json.dumps(figures))


def _labelled(context: Context, options: argparse.Namespace) -> Labelled:
    import_folder(context, options.images)
    images = context.catalog.images.all()
    truth = _truth(options.truth)
    true = [truth.get(i.source_path) or truth.get(Path(i.source_path).name) for i in images]
    if None in true:
        missing = images[true.index(None)].source_path
        raise StudioError(f"{options.truth} says nothing about {missing}.", "Add a row for it.")
    embedder = Embedder(options.architecture, context.settings.cache)
    store = FeatureStore(context.workspace.features / embedder.key)
    ids = [image.id for image in images]
    for _ in compute_features(ids, embedder, store, context):
        pass
    classes = sorted({image.label for image in images})
    labels_n = np.array([classes.index(image.label) for image in images])
    wrong_n = np.array([i.label != t for i, t in zip(images, true, strict=True)])
    return Labelled(ids, store.get(ids), labels_n, wrong_n, len(classes))


def _truth(file: Path) -> dict[str, str]:
    """True label by path and by file name."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    by_name = {Path(row["file"]).name: row["label_true"] for row in rows}
    return by_name | {row["file"]: row["label_true"] for row in rows}


def _ours(data: Labelled) -> tuple[dict[str, object], list[tuple[str, ...]], np.ndarray]:
    started = time.perf_counter()
    probs_nc = out_of_fold(prepare(data.features_nvf), data.labels_n, data.classes)
    wrong_n = judge(probs_nc, data.labels_n).wrong_n
    count = calibrate(np.zeros(0), np.zeros(0, bool)).count(wrong_n)
    seconds = time.perf_counter() - started
    order = np.argsort(-wrong_n, kind="stable")
    figures: dict[str, object] = {
        "images": len(data.labels_n),
        "average_precision": round(average_precision_score(data.wrong_n, wrong_n), 4),
        "auroc": round(roc_auc_score(data.wrong_n, wrong_n), 4),
        **{f"p{k}": round(float(data.wrong_n[order[:k]].mean()), 4) for k in (50, 100, 500)},
        **_counted(count),
        "true": int(data.wrong_n.sum()),
        "seconds": round(seconds, 2),
    }
    return figures, [("suspicion (the studio's)", *_quality(data, wrong_n))], wrong_n


def _reviewed(data: Labelled, suspicion_n: np.ndarray) -> dict[int, dict[str, int]]:
    """What the page would say to a person who goes through the queue and answers rightly; the
    model is not fitted again meanwhile.
    """
    row_of = {image_id: row for row, image_id in enumerate(data.ids)}
    worst_first = [data.ids[row] for row in np.argsort(-suspicion_n, kind="stable")]
    queue = np.array([row_of[image_id] for image_id in with_controls(worst_first)])
    said = {}
    for count in (count for count in REVIEWED if count < len(queue)):
        seen, rest = queue[:count], queue[count:]
        calibration = calibrate(suspicion_n[seen], data.wrong_n[seen])
        left, ahead = (calibration.count(suspicion_n[rows]) for rows in (rest, rest[:20]))
        said[count] = {
            "found": int(data.wrong_n[seen].sum()),
            **_counted(left),
            "true": int(data.wrong_n[rest].sum()),
            "next_20": round(ahead.expected),
            "next_20_true": int(data.wrong_n[rest[:20]].sum()),
        }
    return said


def _review_table(said: dict[int, dict[str, int]]) -> str:
    lines = [
        f"{count:>8}  {s['found']:>5}  {s['estimated']:>5} ({s['low']} to {s['high']}), "
        f"{s['true']} in truth  {s['next_20']:>7}, {s['next_20_true']} in truth"
        for count, s in said.items()
    ]
    return "\n".join(["reviewed  found  left: estimated  of the next 20", *lines, ""])


def _counted(count: Count) -> dict[str, int]:
    return {
        "estimated": round(count.expected),
        "low": round(count.low),
        "high": round(count.high),
    }


def _in_sample(data: Labelled) -> np.ndarray:
    penalty = choose_penalty(data.features_nvf, data.labels_n, data.classes)
    head = fit_head(data.features_nvf, data.labels_n, data.classes, penalty)
    return losses(head.probabilities(data.features_nvf), data.labels_n)


def _cleanlab(data: Labelled, figures: dict[str, object]) -> list[tuple[str, ...]]:
    """Its rankings and its count, from plain out-of-fold probabilities of the same features."""
    from cleanlab.count import num_label_issues
    from cleanlab.rank import get_label_quality_scores

    probs_nc = _plain_out_of_fold(data)
    table, rows = {}, []
    for method in RANKINGS:
        # Normalising by class confidence is its option for the first two.
        for adjust in (False, True) if method != RANKINGS[2] else (False,):
            quality_n = get_label_quality_scores(
                data.labels_n, probs_nc, method=method, adjust_pred_probs=adjust
            )
            name = f"{method}{', adjusted' if adjust else ''}"
            table[name] = round(average_precision_score(data.wrong_n, -quality_n), 4)
            rows.append((f"cleanlab, {name}", *_quality(data, -quality_n)))
    figures["cleanlab"] = table
    figures["cleanlab_count"] = int(num_label_issues(data.labels_n, probs_nc))
    return rows


def _plain_out_of_fold(data: Labelled) -> np.ndarray:
    """scikit-learn's logistic regression, the penalty chosen by cross-entropy on its folds."""
    means_nf = data.features_nvf.mean(1)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)

    def probs(strength: float) -> np.ndarray:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=300))
        return cross_val_predict(
            model, means_nf, data.labels_n, cv=folds, method="predict_proba", n_jobs=1
        )

    tried = [probs(strength) for strength in (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)]
    return min(tried, key=lambda p: losses(p, data.labels_n).mean())


def _quality(data: Labelled, suspicion_n: np.ndarray) -> tuple[str, ...]:
    order = np.argsort(-suspicion_n, kind="stable")
    return (
        f"{average_precision_score(data.wrong_n, suspicion_n):.3f}",
        f"{roc_auc_score(data.wrong_n, suspicion_n):.3f}",
        *(f"{data.wrong_n[order[:k]].mean():.2f}" for k in (50, 100, 500)),
    )


def _table(data: Labelled, figures: dict[str, object], rows: list[tuple[str, ...]]) -> str:
    head = ("ranking", "average precision", "AUROC", "first 50", "100", "500")
    widths = [max(len(row[k]) for row in [head, *rows]) for k in range(len(head))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) for r in [head, *rows]]
    counted = (
        f"{figures['estimated']} wrong labels estimated "
        f"({figures['low']} to {figures['high']}), {figures['true']} in truth"
    )
    if "cleanlab_count" in figures:
        counted += f", {figures['cleanlab_count']} by cleanlab"
    said = f"{len(data.labels_n):,} pictures scored in {figures['seconds']} s"
    return "\n".join([*lines, "", counted, said, ""])


if __name__ == "__main__":
    main()
