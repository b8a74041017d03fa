"""Scores that keep up with the person: fitted again in the background after a handful of marks.

One engine for a workspace, shared by all browser tabs of this studio. What is under the person's
eyes never changes by itself: pages take new scores up when the next page is turned.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from threadpoolctl import threadpool_limits

from core.catalog import Catalog, open_catalog
from core.feature_store import FeatureStore, newest_folder
from core.metrics import label_numbers
from core.records import ImageRecord, Predictions, Run
from core.review.alike import alike_together
from core.review.queue import Filter, queue
from core.review.scores import Scores, Version, make_scores
from core.suspicion import Prepared, out_of_fold, prepare
from core.workspace import Workspace

HANDFUL = 5
RESTS = 4  # times as long as the last fit took: marks are stored on the same cores
MOST_QUEUES = 8
MOST_WORKSPACES = 2  # each keeps the features of its images in memory

_engines: OrderedDict[Path, LiveScores] = OrderedDict()
_engines_lock = threading.Lock()


class LiveScores:
    """The newest scores of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._scores: Scores | None = None
        self._prepared: tuple[tuple[str, ...], Prepared] | None = None
        self._made_of: tuple[Path, int, tuple[str, ...]] | None = None
        self._lock = threading.Lock()
        self._preparing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._rest_until = 0.0
        self._queues = OrderedDict[tuple[Filter, Version, int], list[str]]()

    @property
    def folder(self) -> Path:
        return self._workspace.folder

    def newest(self, catalog: Catalog) -> Scores | None:
        """The newest scores, None before the first training; never waits for a fit.

        When a handful of edits came since they were made, newer ones are begun.
        """
        run = catalog.runs.latest("out-of-fold")
        if run is None:
            return None
        journal, names = catalog.journal.count(), (run.id, catalog.classes.renames())
        with self._lock:
            if self._scores is None or _names_of(self._scores.version) != names:
                self._scores = _of_run(catalog, run)
            scores = self._scores
            idle = self._thread is None or not self._thread.is_alive()
            rested = time.monotonic() >= self._rest_until
            if idle and rested and journal >= scores.version.journal + HANDFUL:
                self._thread = threading.Thread(target=self._fit, args=(run,), daemon=True)
                self._thread.start()
        return scores

    def wait(self, timeout_s: float = 60.0) -> None:
        """Block until the fit that goes on, if any, has ended (for tests and scripts)."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def prepared(self, catalog: Catalog, run: Run) -> tuple[tuple[str, ...], Prepared] | None:
        """Ids of all images with features, and these; None when no features are on this disk."""
        folder = newest_folder(self._workspace.features, str(run.config["architecture"]))
        if folder is None:
            return None
        images = tuple(image.id for image in _scored_images(catalog))
        made_of = (folder, folder.stat().st_mtime_ns, images)  # files are only ever added
        with self._preparing:
            if self._made_of != made_of:
                self._prepared, self._made_of = _prepare(FeatureStore(folder), images), made_of
            return self._prepared

    def queue(self, catalog: Catalog, scores: Scores, shown_filter: Filter) -> list[str]:
        """The queue (see `core.review.queue`); the last ones are remembered, for other tabs."""
        key = (shown_filter, scores.version, catalog.journal.count())
        with self._lock:
            order = self._queues.get(key)
        if order is None:
            order = queue(catalog, scores, shown_filter, lambda ids: self.alike(catalog, ids))
        with self._lock:
            self._queues[key] = order
            self._queues.move_to_end(key)
            while len(self._queues) > MOST_QUEUES:
                self._queues.popitem(last=False)
        return order

    def alike(self, catalog: Catalog, image_ids: Sequence[str]) -> list[str]:
        """These images with like ones together; as they come when no features are here."""
        run = catalog.runs.latest("out-of-fold")
        neighbourhood = self.prepared(catalog, run) if run else None
        if neighbourhood is None:
            return list(image_ids)
        ids, prepared = neighbourhood
        row_of = {image_id: row for row, image_id in enumerate(ids)}
        with_features = [i for i in image_ids if i in row_of]
        features_nf = prepared.views_nvf[[row_of[i] for i in with_features]].mean(1)
        order = alike_together(features_nf)
        return [with_features[k] for k in order] + [i for i in image_ids if i not in row_of]

    def _fit(self, run: Run) -> None:
        started = time.monotonic()
        try:
            with _stepping_back(), closing(open_catalog(self._workspace)) as catalog:
                self._fit_again(run, catalog)
        except Exception:  # noqa: BLE001 - the older scores stay good; the reason is in the log
            traceback.print_exc()
        finally:
            ended = time.monotonic()
            self._rest_until = ended + RESTS * (ended - started)

    def _fit_again(self, run: Run, catalog: Catalog) -> None:
        version = Version(run.id, catalog.journal.count(), catalog.classes.renames())
        run = catalog.runs.get(run.id)
        features = self.prepared(catalog, run)
        if features is None:  # none here: the answers still teach how far to trust scores
            predictions = catalog.runs.predictions(run.id, "out-of-fold")
        else:
            predictions = _predict(catalog, run, *features)
        scores = make_scores(catalog, version, predictions)
        with self._lock:
            if self._scores is None or _names_of(self._scores.version) == _names_of(version):
                self._scores = scores


@contextmanager
def _stepping_back() -> Iterator[None]:
    """This thread yields to those that answer the person, where the system can do that, and takes
    one core. The limit on cores is of the whole process: it ends with the block.
    """
    if sys.platform == "linux":  # elsewhere a priority is of the whole process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 15)
    with threadpool_limits(1, "blas"):
        yield


def live_scores(workspace: Workspace) -> LiveScores:
    """The engine of a workspace; the ones used least are forgotten."""
    with _engines_lock:
        engine = _engines.pop(workspace.folder, None) or LiveScores(workspace)
        _engines[workspace.folder] = engine
        while len(_engines) > MOST_WORKSPACES:
            _engines.popitem(last=False)
        return engine


def _prepare(store: FeatureStore, images: Sequence[str]) -> tuple[tuple[str, ...], Prepared] | None:
    missing = set(store.missing(images))
    ids = tuple(i for i in images if i not in missing)
    return (ids, prepare(store.get(ids))) if len(ids) > 1 else None


def _names_of(version: Version) -> tuple[int, int]:
    """What decides the names and the order of the classes."""
    return version.run_id, version.renames


def _of_run(catalog: Catalog, run: Run) -> Scores:
    version = Version(run.id, run.edits, catalog.classes.renames())
    return make_scores(catalog, version, catalog.runs.predictions(run.id, "out-of-fold"))


def _predict(catalog: Catalog, run: Run, ids: tuple[str, ...], prepared: Prepared) -> Predictions:
    """Learn from the labels of today; images out of use are scored, and teach nothing."""
    label = {i.id: i.label for i in _scored_images(catalog) if i.status == "in use"}
    labels = [label.get(image_id, "") for image_id in ids]
    labels_n = label_numbers(labels, run.classes)
    return Predictions(ids, out_of_fold(prepared, labels_n, len(run.classes)), run.classes)


def _scored_images(catalog: Catalog) -> list[ImageRecord]:
    images = catalog.images.of_any_status(("train", "valid"))
    return sorted(images, key=lambda image: image.id)
