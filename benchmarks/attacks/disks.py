"""A full and a read-only disk: one sentence is said, and nothing that was stored is lost.

The disk is a piece of memory, mounted where only one process and its children see it; what is done
there is in `benchmarks.attacks.on_a_disk`, in a process of its own.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from benchmarks.attacks.attack import Attack, Broken, NotHere, demand
from benchmarks.attacks.ground import Ground
from benchmarks.attacks.on_a_disk import DEEDS
from benchmarks.attacks.servers import ROOT

DISK_MB, PATIENCE_S = 240, 900.0
OWN_NAMESPACE = ("unshare", "--mount", "--map-root-user")
MOUNT = f'mount -t tmpfs -o size={DISK_MB}m tmpfs "$0" && exec "$@"'


def attacks(ground: Ground) -> Iterator[Attack]:
    for state in ("full", "read-only"):
        for deed in DEEDS:
            yield Attack(
                f"{deed} on a {state} disk", partial(_on_a_disk, ground, state, deed), PATIENCE_S
            )


def _on_a_disk(ground: Ground, state: str, deed: str) -> None:
    disk = ground.folder.parent / "disk"
    disk.mkdir(exist_ok=True)
    if not _is_permitted(str(disk)):
        raise NotHere("not permitted here")
    here = [sys.executable, "-m", "benchmarks.attacks.on_a_disk", str(disk)]
    command = [*_namespace(), "sh", "-c", MOUNT, str(disk), *here]
    command += [str(ground.target.folder), state, deed]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["without a word"])[-1]
        raise Broken(f"it broke: {last[:200]}")
    said = json.loads(done.stdout.splitlines()[-1])
    demand(not said["failure"], said["failure"])
    demand(not any(disk.iterdir()), "the disk was not one of its own")


def _namespace() -> list[str]:
    return list(OWN_NAMESPACE)


def _is_permitted(disk: str) -> bool:
    if shutil.which("unshare") is None:
        return False
    command = [*_namespace(), "sh", "-c", MOUNT, disk, "true"]
    return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0
