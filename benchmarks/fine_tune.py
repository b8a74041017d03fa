"""Fine-tuning: images a second, accuracy and memory, beside fastai on the same photos.

    python -m benchmarks.fine_tune --images DIR --against fastai --seeds 3

Same backbone, weights, split, size (224 px), batch (64) and epochs (one of the head, then those of
the whole network), the same cores, one after the other, each in a process of its own. An image a
second is a training image, from waiting for its pixels to the step; validation is not in it.
`per_cpu_s` counts seconds of work, summed over cores and helper processes: where the machine is
busy with other things, compare those.
The studio begins with the head that it fits to frozen features; `prepare_s` says what that takes.

    python -m benchmarks.fine_tune --images DIR [--test DIR] --minutes 3 --against fastai,plain

gives each the same minutes on the same cores instead: the studio's recipe with nothing chosen but
the minutes, fastai's `fine_tune` with its defaults and as many epochs as a short run says will
fit, and the plain loop of `benchmarks.plain_loop`. JSON: `minutes`; `accuracy` and `test_accuracy`
(of the studio), `plain`, `plain_test`, `fastai`, `fastai_test`, shares right, means over seeds, or
null where not asked for; images a second `frozen_per_s`, `unfrozen_per_s`, and fastai's of both;
`seconds`, what each took in the end; `peak_mb` of the studio.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.allocator import keep_freed_memory
from benchmarks.clock import cpu_seconds
from benchmarks.fastai_side import BATCH, FineTuned, Photo, fine_tune_with_fastai, need_fastai
from benchmarks.plain_loop import train_plainly
from benchmarks.workspace import import_folder, throw_away_context
from core.context import Context
from core.errors import StudioError
from core.events import BatchEnded, EpochEnded
from core.jobs import WORKER_ENVIRONMENT
from core.judged import Judged, judged
from core.models.architectures import pretrained
from core.training.config import DEFAULT_ARCHITECTURE, TrainConfig
from core.training.fine_tune import PLAN, fine_tune, fine_tune_task
from core.training.schedule import HEAD
from core.training.training_set import training_set

PEERS = ("fastai", "plain")


@dataclass(frozen=True)
class Ours:
    """Images a second by stage, and a second of work of any core; best accuracy, seconds until
    training begins, and megabytes: of the process with the bare model, and at its peak.
    """

    frozen_per_s: float
    unfrozen_per_s: float
    frozen_per_cpu_s: float
    unfrozen_per_cpu_s: float
    accuracy: float
    prepare_s: float
    bare_mb: float
    peak_mb: float


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    if not options.untuned:
        os.environ.update(WORKER_ENVIRONMENT)  # read by the processes started below
    try:
        if "fastai" in options.against:
            need_fastai()
        with TemporaryDirectory(prefix="toploss-bench-", ignore_cleanup_errors=True) as home:
            print(json.dumps(_benchmark(options, Path(home))))
    except StudioError as error:
        sys.exit(error.message)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fine_tune")
    parser.add_argument("--images", type=Path, required=True, help="a folder per class")
    parser.add_argument("--test", type=Path, help="photos of the test side, a folder per class")
    parser.add_argument("--minutes", type=float, help="for each, instead of epochs")
    parser.add_argument(
        "--against", type=_peers, default=(), help="train these too: fastai, plain or both"
    )
    parser.add_argument("--seeds", type=int, default=1, help="how often, with seeds from 42 on")
    parser.add_argument("--epochs", type=int, default=1, help="of the whole network")
    parser.add_argument(
        "--untuned", action="store_true", help="leave the C library's memory as it comes, for all"
    )
    return parser.parse_args(arguments)


def _peers(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if not set(names) <= set(PEERS):
        raise argparse.ArgumentTypeError(f"choose from {', '.join(PEERS)}")
    return names


def _benchmark(options: argparse.Namespace, home: Path) -> dict[str, Any]:
    photos = _take_in(home, options.images, options.test)
    if options.minutes:
        return in_minutes(options, home, photos)
    ours, theirs = [], []
    for seed in range(42, 42 + options.seeds):
        config = TrainConfig(frozen_epochs=1, epochs=options.epochs, batch_size=BATCH, seed=seed)
        ours.append(_apart(_with_studio, options.untuned, home, config))
        print(f"seed {seed}, studio: {_said(ours[-1])}", flush=True)
        if options.against:
            work = (photos, config.architecture, options.epochs, seed)
            theirs.append(_apart(fine_tune_with_fastai, options.untuned, *work))
            print(f"seed {seed}, fastai: {_said(theirs[-1])}", flush=True)
    return _figures(ours, theirs)


def _apart(work: Callable[..., Any], untuned: bool, *arguments: object) -> Any:
    """Do it in a fresh process, so that nothing that ran before counts."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, _begin, (untuned,)) as pool:
        return pool.submit(work, *arguments).result()


def _begin(untuned: bool) -> None:
    # fastai's loaders start processes of their own, and count on the system's usual way.
    multiprocessing.set_start_method(None, force=True)
    if not untuned:
        keep_freed_memory()


def _take_in(home: Path, images: Path, test: Path | None) -> list[Photo]:
    context = throw_away_context(home)
    try:
        import_folder(context, images)
        if test:
            import_folder(context, test, "test")
        return [
            Photo(context.workspace.original(image.id, image.suffix), image.label, image.side)
            for image in context.catalog.images.all()
        ]
    finally:
        context.catalog.close()


def in_minutes(options: argparse.Namespace, home: Path, photos: Sequence[Photo]) -> dict[str, Any]:
    """Each trainer in the same minutes, seed by seed."""
    rows: dict[str, list[InMinutes]] = {name: [] for name in ("studio", *options.against)}
    workers: dict[str, Callable[..., InMinutes]] = {}
    workers |= {"studio": _studio_minutes, "fastai": _fastai_minutes, "plain": _plain_minutes}
    for seed in range(42, 42 + options.seeds):
        for name, outcomes in rows.items():
            where = home if name == "studio" else photos
            work = (where, options.minutes, seed)
            outcomes.append(_apart(workers[name], options.untuned, *work))
            print(f"seed {seed}, {name}: {outcomes[-1].in_words()}", flush=True)
    return _minute_figures(options.minutes, rows)


@dataclass(frozen=True)
class InMinutes:
    """Shares right, None where there was nothing to answer; epochs and seconds; images a second of
    both stages, None where not measured; megabytes at the peak.
    """

    valid: float
    test: float | None
    epochs: float
    seconds: float
    frozen_per_s: float | None = None
    unfrozen_per_s: float | None = None
    peak_mb: float | None = None

    def in_words(self) -> str:
        test = "" if self.test is None else f", test {self.test:.1%}"
        return f"validation {self.valid:.1%}{test}; {self.epochs:.1f} epochs, {self.seconds:.0f} s"


def _studio_minutes(home: Path, minutes: float, seed: int) -> InMinutes:
    context = throw_away_context(home)
    shutil.rmtree(context.workspace.features, ignore_errors=True)  # a seed before made them
    try:
        asked = {**TrainConfig(minutes=minutes, seed=seed).to_dict(), PLAN: True}
        started = time.perf_counter()
        events = list(fine_tune_task(context, asked))
        seconds = time.perf_counter() - started
        run = next(iter(context.catalog.runs.all()))
        valid, test = (judged(context.catalog, run, side) for side in ("valid", "test"))
        batches = [e for e in events if isinstance(e, BatchEnded)]
        images = sum(1 for _ in batches) * int(run.config["batch_size"])
        whole = len(batches) and len(batches) / sum(1 / b.images_per_s for b in batches)
        passes = images / len(training_set(context).train)
        shares = (_share(valid), _share(test) if len(test) else None)
        return InMinutes(
            *shares, passes, seconds, _frozen_per_s(context), whole or None, _peak_mb()
        )
    finally:
        context.catalog.close()


def _frozen_per_s(context: Context) -> float:
    """Of one epoch of the head alone: the recipe by minutes has none."""
    config = TrainConfig(epochs=0, frozen_epochs=1, batch_size=BATCH)
    batches = [e for e in fine_tune(context, config) if isinstance(e, BatchEnded)]
    return len(batches) / sum(1 / b.images_per_s for b in batches)


def _share(answers: Judged) -> float:
    return float((answers.probs_nc.argmax(1) == answers.labels_n).mean())


def _fastai_minutes(photos: Sequence[Photo], minutes: float, seed: int) -> InMinutes:
    """As many epochs as a short run says will fit, one of the head before them."""
    tried = [p for p in photos if p.side == "train"][:: max(1, len(photos) // 256)][: 3 * BATCH]
    some = [*tried, *[p for p in photos if p.side == "valid"][:BATCH]]
    probe = fine_tune_with_fastai(some, DEFAULT_ARCHITECTURE, 1, seed)
    images = sum(p.side == "train" for p in photos)
    left_s = 60 * minutes - images / probe.frozen_per_s
    epochs = max(1, round(left_s * probe.unfrozen_per_s / images))
    run = fine_tune_with_fastai(photos, DEFAULT_ARCHITECTURE, epochs, seed)
    test = run.test.value if run.test.total else None
    return InMinutes(
        run.valid.value, test, epochs + 1, run.total_s, run.frozen_per_s, run.unfrozen_per_s
    )


def _plain_minutes(photos: Sequence[Photo], minutes: float, seed: int) -> InMinutes:
    run = train_plainly(photos, DEFAULT_ARCHITECTURE, minutes, seed)
    test = run.test.value if run.test.total else None
    return InMinutes(run.valid.value, test, run.epochs, run.total_s)


def _minute_figures(minutes: float, rows: dict[str, list[InMinutes]]) -> dict[str, Any]:
    def of(name: str, field: str) -> float | None:
        values = [getattr(outcome, field) for outcome in rows.get(name, [])]
        return round(mean(values), 4) if values and None not in values else None

    return {
        "minutes": minutes,
        "accuracy": of("studio", "valid"),
        "test_accuracy": of("studio", "test"),
        "plain": of("plain", "valid"),
        "plain_test": of("plain", "test"),
        "fastai": of("fastai", "valid"),
        "fastai_test": of("fastai", "test"),
        "frozen_per_s": of("studio", "frozen_per_s"),
        "unfrozen_per_s": of("studio", "unfrozen_per_s"),
        "fastai_frozen_per_s": of("fastai", "frozen_per_s"),
        "fastai_unfrozen_per_s": of("fastai", "unfrozen_per_s"),
        "seconds": {name: of(name, "seconds") for name in rows},
        "peak_mb": of("studio", "peak_mb"),
    }


def _with_studio(home: Path, config: TrainConfig) -> Ours:
    context = throw_away_context(home)
    try:
        pretrained(DEFAULT_ARCHITECTURE, 2)
        bare_mb = _peak_mb()
        return _measured(context, config, bare_mb)
    finally:
        context.catalog.close()


def _measured(context: Context, config: TrainConfig, bare_mb: float) -> Ours:
    started, prepare_s, errors = time.perf_counter(), 0.0, []
    seconds, worked_s, counts = ({True: 0.0, False: 0.0} for _ in range(3))
    before_s = cpu_seconds()
    for event in fine_tune(context, config):
        if isinstance(event, BatchEnded):
            frozen = event.stage == HEAD
            seconds[frozen] += 1 / event.images_per_s
            worked_s[frozen] += cpu_seconds() - before_s
            counts[frozen] += 1
        elif isinstance(event, EpochEnded):
            errors.append(event.error_rate)
            prepare_s = prepare_s or time.perf_counter() - started
        before_s = cpu_seconds()
    head, whole = (counts[frozen] / seconds[frozen] for frozen in (True, False))
    images = len(training_set(context).train)
    head_cpu, whole_cpu = (images / worked_s[True], images * config.epochs / worked_s[False])
    accuracy = 1 - min(errors)
    return Ours(head, whole, head_cpu, whole_cpu, accuracy, prepare_s, bare_mb, _peak_mb())


def _peak_mb() -> float:
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (1e6 if sys.platform == "darwin" else 1e3)


def _said(run: Ours | FineTuned) -> str:
    accuracy = run.accuracy if isinstance(run, Ours) else run.valid.value
    speeds = f"head {run.frozen_per_s:.1f}/s, whole network {run.unfrozen_per_s:.1f}/s"
    work = f"of work {run.frozen_per_cpu_s:.1f}/s and {run.unfrozen_per_cpu_s:.1f}/s"
    above = f", {run.peak_mb - run.bare_mb:.0f} MB above" if isinstance(run, Ours) else ""
    return f"{speeds}; {work}; validation accuracy {accuracy:.1%}{above}"


def _figures(ours: Sequence[Ours], theirs: Sequence[FineTuned]) -> dict[str, float]:
    """Means over seeds; memory is the largest."""
    figures = {
        "frozen_per_s": round(mean(run.frozen_per_s for run in ours), 2),
        "unfrozen_per_s": round(mean(run.unfrozen_per_s for run in ours), 2),
        "frozen_per_cpu_s": round(mean(run.frozen_per_cpu_s for run in ours), 2),
        "unfrozen_per_cpu_s": round(mean(run.unfrozen_per_cpu_s for run in ours), 2),
        "accuracy": round(mean(run.accuracy for run in ours), 4),
        "prepare_s": round(mean(run.prepare_s for run in ours), 2),
        "peak_mb": round(max(run.peak_mb for run in ours)),
        "bare_mb": round(ours[0].bare_mb),
        "above_bare_mb": round(max(run.peak_mb - run.bare_mb for run in ours)),
    }
    if theirs:
        figures |= {
            "fastai_frozen_per_s": round(mean(run.frozen_per_s for run in theirs), 2),
            "fastai_unfrozen_per_s": round(mean(run.unfrozen_per_s for run in theirs), 2),
            "fastai_frozen_per_cpu_s": round(mean(run.frozen_per_cpu_s for run in theirs), 2),
            "fastai_unfrozen_per_cpu_s": round(mean(run.unfrozen_per_cpu_s for run in theirs), 2),
            "fastai_accuracy": round(mean(run.valid.value for run in theirs), 4),
        }
    return figures


if __name__ == "__main__":
    main()
