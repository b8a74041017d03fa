"""The benchmarks run on real files and say what they promise."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from benchmarks.plants import KINDS
from tests.builders import encode, image_folder, pattern, picture

PER_CLASS, TEST_PER_CLASS = 12, 3
COLOURS = {"red": (220, 40, 40), "blue": (40, 40, 220)}
ROOT = Path(__file__).parent.parent


def run_benchmark(
    *arguments: object, name: str = "quick_model"
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def noisy_colour(label: str, seed: int) -> bytes:
    """A picture whose class can be seen."""
    noise_hwc = np.random.default_rng(seed).integers(-30, 30, (240, 260, 3))
    return encode(Image.fromarray((noise_hwc + COLOURS[label]).clip(0, 255).astype(np.uint8)))


def coloured_folder(root: Path, per_class: int, first_seed: int) -> Path:
    files = {
        f"{label}/{number}.jpg": noisy_colour(label, first_seed + 100 * k + number)
        for k, label in enumerate(COLOURS)
        for number in range(per_class)
    }
    return image_folder(root, files)


@pytest.mark.slow
def test_the_quick_model_is_timed_and_checked(tmp_path: Path) -> None:
    images = coloured_folder(tmp_path / "images", PER_CLASS, first_seed=0)
    test = coloured_folder(tmp_path / "test", TEST_PER_CLASS, first_seed=5000)

    done = run_benchmark("--images", images, "--test", test, "--rounds", 1)

    assert done.returncode == 0, done.stderr
    *table, last = done.stdout.strip().splitlines()
    figures = json.loads(last)
    assert list(figures) == [
        "images",
        "import_per_s",
        "features_per_s",
        "bare_forward_per_s",
        "head_s",
        "total_s",
        "valid_accuracy",
        "test_accuracy",
    ]
    assert figures["images"] == 2 * (PER_CLASS + TEST_PER_CLASS)
    assert min(figures[k] for k in figures if k.endswith("_per_s")) > 0
    assert 0 < figures["head_s"] < figures["total_s"]
    assert figures["valid_accuracy"] == 1.0
    assert figures["test_accuracy"] == 1.0
    assert any(f"of {2 * TEST_PER_CLASS}; 95 % interval" in line for line in table)


@pytest.mark.slow
def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    done = run_benchmark("--images", tmp_path / "nowhere")

    assert done.returncode == 1
    assert done.stdout == ""
    (sentence,) = done.stderr.strip().splitlines()
    assert sentence == f"There is no folder '{tmp_path / 'nowhere'}' on this machine."


@pytest.mark.slow
def test_the_review_page_is_timed_and_loses_no_mark() -> None:
    few = ["--loads", 1, "--slow-marks", 6]
    done = run_benchmark("--images", 100, "--tiles", 24, *few, name="review_latency")

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    times = ["ready_ms", "empty_page_ms", "changed_ms", "paint_ms", "confirm_p95_ms"]
    assert list(figures) == ["images", "tiles", *times, "sent", "stored", "heap_mb"]
    assert min(figures[name] for name in times) > 0
    assert figures["stored"] == figures["sent"] == 200


@pytest.mark.slow
def test_suspicion_is_measured_against_the_truth(tmp_path: Path) -> None:
    images = coloured_folder(tmp_path / "images", 20, first_seed=0)
    (images / "red" / "0.jpg").rename(images / "blue" / "moved.jpg")
    names = [(p.parent.name, p.name) for p in sorted(images.glob("*/*.jpg"))]
    rows = [f"{folder}/{name},{'red' if name == 'moved.jpg' else folder}" for folder, name in names]
    truth = tmp_path / "truth.csv"
    truth.write_text("\n".join(["file,label_true", *rows]), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.suspicion", "--images", str(images)]
    done = subprocess.run(
        [*command, "--truth", str(truth)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    assert figures["true"] == 1 and figures["images"] == 40
    assert figures["average_precision"] == 1.0
    assert figures["low"] <= 1 <= figures["high"]


@pytest.mark.slow
def test_planted_copies_are_found_and_the_rest_is_counted(tmp_path: Path) -> None:
    images = image_folder(
        tmp_path / "images",
        {f"ant/{seed}.png": picture(size=(200, 160), seed=seed) for seed in range(56)},
    )
    Image.open(images / "ant" / "0.png").convert("L").save(images / "ant" / "grey.png")
    sheet = tmp_path / "sheet.png"

    done = run_benchmark("--images", images, "--sheet", sheet, name="lookalikes")

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    assert list(figures) == ["recall", "unplanted", "seconds"]
    assert list(figures["recall"]) == list(KINDS)
    # On soft patches writing, light and colour are most of what there is to see.
    shapes = ("half size", "quality 30", "trimmed 5 %", "one side 5 %", "mirrored")
    assert min(figures["recall"][kind] for kind in shapes) > 0.8
    assert figures["unplanted"] == round(1000 / 57, 3)
    assert Image.open(sheet).size[1] < 300


@pytest.mark.slow
def test_blur_is_measured_on_pictures_blurred_on_purpose(tmp_path: Path) -> None:
    sharp = [encode(drawn(seed), "PNG") for seed in range(4)]
    blurred = encode(drawn(9).filter(ImageFilter.GaussianBlur(10)), "PNG")
    files = {f"ant/{k}.png": data for k, data in enumerate([*sharp, blurred])}

    done = run_benchmark("--images", image_folder(tmp_path / "images", files), name="blur")

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    assert figures == {"recall": 1.0, "flagged_as_they_are": 0.2}


def drawn(seed: int) -> Image.Image:
    """Patches with sharp edges."""
    return pattern((6, 5), seed).resize((300, 250), Image.Resampling.NEAREST)


@pytest.mark.slow
def test_an_import_is_timed_against_decoding(tmp_path: Path) -> None:
    images = coloured_folder(tmp_path / "images", PER_CLASS, first_seed=0)

    done = run_benchmark("--images", images, "--repeat", 2, name="ingest")

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    speeds, work = ["per_s", "decode_per_s", "ratio"], ["cpu_us", "decode_cpu_us", "cpu_ratio"]
    assert list(figures) == ["images", "threads", *speeds, *work]
    assert figures["images"] == 2 * PER_CLASS
    assert min(figures["per_s"], figures["decode_per_s"], figures["ratio"]) > 0


@pytest.mark.slow
def test_the_catalog_and_the_dataset_page_are_timed() -> None:
    done = run_benchmark("--images", 200, "--loads", 1, name="catalog")

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    assert list(figures) == ["images", "gallery_ms", "counts_ms", "relabel_ms", "page_s"]
    assert min(figures.values()) > 0
