"""Seconds per stage of the quick model, from a folder of pictures to checked predictions.

    python -m benchmarks.quick_model --images DIR [--test DIR] [--against fastai] [--untuned]

The studio's own code is run, in a workspace that is thrown away: import, then the whole of
`core.training.quick.train_quick`, whose events tell the stages apart. Prints a table and, last,
one JSON line:

    images               pictures taken in, on every side
    import_per_s         of them, per second: read, check, hash, copy, decide the side, store
    features_per_s       views per second; every picture goes through the network twice, as itself
                         and as its mirror image, so pictures per second are half of this
    bare_forward_per_s   images per second through the bare backbone on random numbers: the best
                         of torch and ONNX Runtime over two batch sizes
    head_s               seconds: choice of penalty, head, out-of-fold scores, storing
    total_s              seconds from the folder to stored predictions, with the one-off compile
                         of the backbone (afterwards cached per machine)
    valid_accuracy       share right on the validation side, 0..1
    test_accuracy        share right on the test side, 0..1; null without test pictures
    fastai_total_s, fastai_test_accuracy
                         with --against fastai: see `benchmarks.fastai_side`; without test
                         pictures the accuracy is that of the validation side

Neither total counts starting Python and importing libraries. Threads wait and memory is kept as in
the studio's workers, on both sides: that is faster, for torch and fastai too. With --untuned memory
is left as it comes, which is how fastai runs where nobody tuned anything.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.allocator import keep_freed_memory
from benchmarks.bare_forward import ROUNDS, bare_forward_rates
from benchmarks.clock import cpu_seconds
from benchmarks.fastai_side import FineTuned, Photo, fine_tune_with_fastai, need_fastai
from benchmarks.workspace import import_folder, throw_away_context
from core.catalog import Catalog
from core.context import Context
from core.errors import StudioError
from core.events import Event, Progressed
from core.interpretation.comparison import run_results
from core.metrics import Share
from core.models.views import VIEWS
from core.records import Side
from core.training.config import DEFAULT_ARCHITECTURE
from core.training.quick import train_quick


@dataclass(frozen=True)
class QuickRun:
    """What the studio did.

    Attributes:
        images, skipped: files taken in, and files left alone.
        import_s, prepare_s, features_s, head_s, total_s: seconds.
        cpu_s: seconds of work in total_s, summed over cores.
        valid, test: shares right.
    """

    images: int
    skipped: int
    import_s: float
    prepare_s: float
    features_s: float
    head_s: float
    total_s: float
    cpu_s: float
    valid: Share
    test: Share

    @property
    def views_per_s(self) -> float:
        return VIEWS * self.images / self.features_s


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    if not options.untuned:
        keep_freed_memory()
    try:
        if options.against:
            need_fastai()
        with TemporaryDirectory(prefix="toploss-bench-", ignore_cleanup_errors=True) as home:
            _benchmark(options, Path(home))
    except StudioError as error:
        sys.exit(error.message)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quick_model")
    parser.add_argument(
        "--images", type=Path, required=True, help="a folder per class, below levels or not"
    )
    parser.add_argument("--test", type=Path, help="a folder per class: all of it is test side")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of the bare forward, 1 s each")
    parser.add_argument("--against", choices=["fastai"], help="train that too on the same photos")
    parser.add_argument(
        "--untuned", action="store_true", help="leave the C library's memory as it comes, for all"
    )
    return parser.parse_args(arguments)


def _benchmark(options: argparse.Namespace, home: Path) -> None:
    context = throw_away_context(home)
    try:
        run = _quick_run(context, options.images, options.test)
        photos = _photos(context) if options.against else []
        bare = bare_forward_rates(DEFAULT_ARCHITECTURE, options.rounds)
        print(_studio_table(run, bare), flush=True)
        figures = _figures(run, max(bare.values()))
        if options.against:
            theirs = fine_tune_with_fastai(photos, DEFAULT_ARCHITECTURE)
            print(_fastai_table(run, theirs))
            checked = theirs.test if theirs.test.total else theirs.valid
            figures["fastai_total_s"] = round(theirs.total_s, 2)
            figures["fastai_test_accuracy"] = _rounded(checked)
    finally:
        context.catalog.close()
    print(json.dumps(figures))


def _quick_run(context: Context, images: Path, test: Path | None) -> QuickRun:
    started, cpu_started_s = time.perf_counter(), cpu_seconds()
    import_folder(context, images)
    if test:
        import_folder(context, test, side="test")
    import_s = time.perf_counter() - started
    stages = _seconds_by_stage(train_quick(context))
    total_s, cpu_s = time.perf_counter() - started, cpu_seconds() - cpu_started_s
    catalog = context.catalog
    return QuickRun(
        images=len(catalog.images.all()),
        skipped=sum(i.skipped for i in catalog.images.imports()),
        import_s=import_s,
        prepare_s=stages["Preparing the pretrained network"],
        features_s=stages["Looking at the pictures"],
        head_s=stages["Fitting the head"],
        total_s=total_s,
        cpu_s=cpu_s,
        valid=_share_right(catalog, "valid"),
        test=_share_right(catalog, "test"),
    )


def _share_right(catalog: Catalog, side: Side) -> Share:
    """By the predictions that the run stored; nothing counted when the side has no images."""
    runs = run_results(catalog, side)
    return runs[0].accuracy if runs else Share(0, 0)


def _seconds_by_stage(events: Iterable[Event]) -> dict[str, float]:
    """Seconds under each heading; one lasts from its first event to the next one's."""
    seconds: dict[str, float] = defaultdict(float)
    stage, since = "Beginning", time.perf_counter()
    for event in events:
        moment = time.perf_counter()
        seconds[stage] += moment - since
        since = moment
        if isinstance(event, Progressed):
            stage = event.doing
    seconds[stage] += time.perf_counter() - since
    return seconds


def _photos(context: Context) -> list[Photo]:
    """The original files as the studio keeps them, byte for byte."""
    return [
        Photo(context.workspace.original(image.id, image.suffix), image.label, image.side)
        for image in context.catalog.images.all()
    ]


def _figures(run: QuickRun, bare_per_s: float) -> dict[str, float | None]:
    return {
        "images": run.images,
        "import_per_s": round(run.images / run.import_s, 2),
        "features_per_s": round(run.views_per_s, 2),
        "bare_forward_per_s": round(bare_per_s, 2),
        "head_s": round(run.head_s, 2),
        "total_s": round(run.total_s, 2),
        "valid_accuracy": _rounded(run.valid),
        "test_accuracy": _rounded(run.test),
    }


def _rounded(share: Share) -> float | None:
    return round(share.value, 4) if share.total else None


def _studio_table(run: QuickRun, bare: dict[str, float]) -> str:
    views = run.views_per_s
    best = max(bare.values())
    rows = [
        ("import", f"{run.import_s:.2f} s", f"{run.images / run.import_s:.0f} pictures/s"),
        ("backbone, one-off compile", f"{run.prepare_s:.2f} s", "cached per machine"),
        (
            "features",
            f"{run.features_s:.2f} s",
            f"{views:.0f} views/s = {views / VIEWS:.0f} pictures/s, each seen twice (mirror image)",
        ),
        ("head with folds", f"{run.head_s:.2f} s", "penalty, head, out-of-fold scores, storing"),
        (
            "total",
            f"{run.total_s:.2f} s",
            f"without Python's imports; {run.cpu_s:.0f} s of CPU time",
        ),
        ("", "", ""),
        *((name, f"{rate:.0f}/s", "bare forward, random images") for name, rate in bare.items()),
        ("features / best bare", f"{views / best:.2f}", "views/s over images/s"),
        ("", "", ""),
        ("validation accuracy", *_cells(run.valid)),
        ("test accuracy", *_cells(run.test)),
    ]
    return f"{run.images} pictures taken in, {run.skipped} files left alone\n\n{_table(rows)}\n"


def _fastai_table(run: QuickRun, theirs: FineTuned) -> str:
    side = "test" if theirs.test.total else "validation"
    said = f"fine_tune(1): loaders to evaluated model; {theirs.cpu_s:.0f} s of CPU time"
    times = f"{theirs.total_s / run.total_s:.1f}"
    rows = [
        ("fastai, total", f"{theirs.total_s:.2f} s", said),
        ("times the studio's", times, f"total; of CPU time {theirs.cpu_s / run.cpu_s:.1f}"),
        ("fastai, validation accuracy", *_cells(theirs.valid)),
        ("fastai, test accuracy", *_cells(theirs.test)),
        ("in the JSON line", "", f"fastai_test_accuracy is on the {side} side"),
    ]
    return f"{_table(rows)}\n"


def _cells(share: Share) -> tuple[str, str]:
    if not share.total:
        return "-", "no such pictures"
    low, high = 100 * share.low, 100 * share.high
    return f"{share.value:.1%}", f"of {share.total}; 95 % interval {low:.1f} to {high:.1f} %"


def _table(rows: Sequence[tuple[str, str, str]]) -> str:
    name, value = (max(len(row[k]) for row in rows) for k in (0, 1))
    return "\n".join(f"{a:<{name}}  {b:>{value}}  {c}".rstrip() for a, b, c in rows)


if __name__ == "__main__":
    main()
