"""The benchmark of downloads runs on a real server and says what it promises."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PEER = """#!{python}
import sys, urllib.request
options = dict(a.removeprefix("--").partition("=")[::2] for a in sys.argv[1:])
lines = open(options["input-file"]).read().splitlines()
for url, out in zip(lines[::2], lines[1::2]):
    try:
        data = urllib.request.urlopen(url, timeout=5).read()
    except Exception:
        continue
    open(f"{{options['dir']}}/{{out.split('=')[1]}}", "wb").write(data)
"""


def run_benchmark(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.download", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_both_get_the_same_list_and_the_figures_are_said(tmp_path: Path) -> None:
    peer = tmp_path / "one-after-the-other"
    peer.write_text(PEER.format(python=sys.executable), encoding="utf-8")
    peer.chmod(0o755)
    done = run_benchmark("--addresses", 300, "--peer", peer)

    assert done.returncode == 0, done.stderr
    *table, last = done.stdout.strip().splitlines()
    figures = json.loads(last)
    assert list(figures) == ["per_s", "peer_per_s", "ratio", "peak_mb"]
    assert min(figures.values()) > 0
    assert figures["ratio"] > 1  # many at once against one after the other
    assert table[0] == "300 addresses"
    ours = next(line for line in table if line.startswith("TopLoss"))
    theirs = next(line for line in table if line.startswith("aria2c"))
    assert int(ours.split()[1]) > int(theirs.split()[1]) > 250  # it tries again what failed


@pytest.mark.slow
def test_a_program_that_brings_nothing_is_said_in_a_sentence() -> None:
    done = run_benchmark("--addresses", 20, "--peer", "false")

    assert done.returncode == 1
    assert "false brought nothing" in done.stderr
