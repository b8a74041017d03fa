"""Trying a Gradio Space as the hub would run it: a fresh environment, its requirements, an answer.

Its own libraries are installed from the package index that pip is set to, so this needs a network
or a local index. The folder stands whatever comes out; what came out is kept beside it.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.bundle.web_folder import bundle_of, folder_of, read_json
from core.context import Context
from core.errors import StudioError
from core.events import Event, Progressed
from core.files import write_atomically
from core.owned import Mark, passing_folder, remove_file
from core.web.space import a_recording

TOLERANCE = 1e-3
INSTALL_S = 1800.0
START_S = 120.0
POLL_S = 0.5
STEPS = 4


@dataclass(frozen=True)
class Trial:
    """What came out: the largest difference of a probability, 0..1, and how long it took."""

    difference: float
    install_s: float
    answer_s: float


def trial_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "try-space"; `args["bundle"]` is the name of a bundle whose Space was written."""
    bundle = bundle_of(context.workspace, args["bundle"])
    return try_space(context, folder_of(context.workspace, bundle.name, "gradio"))


def try_space(context: Context, space: Path) -> Iterator[Event]:
    """Install and run a Space, send it a recorded picture, and keep what came out.

    Raises:
        StudioError: its requirements cannot be installed, it does not start, or it answers
            otherwise than was recorded.
    """
    if not (space / "app.py").is_file():
        raise StudioError("There is no Space to try.", "Write it first.")
    remove_file(space.parent, result_of(space))
    with passing_folder(space.with_name("trial"), Mark("job", str(context.job_id or 0))) as folder:
        started = time.monotonic()
        python = yield from _install(context, space, folder)
        if python is None:
            return
        installed = time.monotonic()
        yield Progressed(3, STEPS, "Starting the app")
        apart = _ask(context, space, python, folder / "log")
        if apart is not None:
            trial = Trial(apart, installed - started, time.monotonic() - installed)
            write_atomically(result_of(space), json.dumps(asdict(trial)).encode())
            yield Progressed(STEPS, STEPS, "Done")


def result_of(space: Path) -> Path:
    """Where the outcome of trying a Space is kept."""
    return space.with_name("trial.json")


def last_trial(space: Path) -> Trial | None:
    """The outcome of trying this very Space; None when it was not tried, or is newer."""
    file = result_of(space)
    if not file.is_file() or file.stat().st_mtime < space.stat().st_mtime:
        return None
    return Trial(**read_json(file))


def _install(context: Context, space: Path, folder: Path) -> Generator[Event, None, Path | None]:
    """Make an environment and install the requirements; its interpreter, None when stopped."""
    yield Progressed(0, STEPS, "Making a fresh environment")
    venv, log = folder / "venv", folder / "log"
    status = yield from _run(context, [sys.executable, "-m", "venv", str(venv)], log)
    if context.stop_requested():
        return None
    if status != 0:
        raise failure("A fresh environment cannot be made", status, log)
    python = venv / "bin" / "python"
    if not python.exists():  # Windows
        python = venv / "Scripts" / "python.exe"
    yield Progressed(1, STEPS, "Installing the requirements")
    command = [str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    command += ["--quiet", "-r", str(space / "requirements.txt")]  # so the log holds faults only
    status = yield from _run(context, command, log)
    if context.stop_requested():
        return None
    if status != 0:
        raise failure("pip could not install what the Space needs", status, log)
    return python


def failure(what: str, status: int | None, log: Path) -> StudioError:
    """Why a program failed: by its exit status (None when it took too long), and with the last
    line that it wrote; the folder stands.
    """
    lines = log.read_text(errors="replace").split("\n") if log.is_file() else []
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    ending = (
        f"exit status {status}" if status is not None else f"no end in {INSTALL_S / 60:.0f} min"
    )
    return StudioError(
        f"{what} ({ending}){': ' if last else ''}{last[:200]}",
        "If this machine has no network, that is why; the folder is written and can be pushed.",
    )


def _run(context: Context, command: list[str], log: Path) -> Generator[Event, None, int | None]:
    """Run a program to its end, until it takes too long or until asked to stop; its exit status,
    None when it did not come to its end.
    """
    with _started(command, log.parent, log) as process:
        deadline = time.monotonic() + INSTALL_S
        while process.poll() is None and time.monotonic() < deadline:
            if context.stop_requested():
                return None
            yield Progressed(1, STEPS, "Installing the requirements")
            time.sleep(POLL_S)
        return process.poll()


@contextmanager
def _started(command: list[str], folder: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ask(context: Context, space: Path, python: Path, log: Path) -> float | None:
    """Start the app and send it a recorded picture; the largest difference, None when stopped.

    Raises:
        StudioError: it does not start, or answers otherwise.
    """
    port = _free_port()
    command = [str(python), "-B", "app.py", "--host", "127.0.0.1", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    picture, expected = a_recording(space / "bundle")
    with _started(command, space, log) as process:
        deadline = time.monotonic() + START_S
        while not _is_up(f"{address}/health"):
            if context.stop_requested():
                return None
            if process.poll() is not None or time.monotonic() > deadline:
                last = log.read_text(errors="replace").strip().splitlines()[-2:]
                raise StudioError(
                    f"The Space does not start: {' '.join(last)[:300]}", "Export the run again."
                )
            time.sleep(POLL_S)
        answer = _post(f"{address}/classify", picture.read_bytes())
    return difference(answer, expected)


def difference(answer: Mapping[str, float], expected: Mapping[str, float]) -> float:
    """The largest difference of a probability.

    Raises:
        StudioError: it is beyond 0.001, or the classes are others.
    """
    same = answer.keys() == expected.keys()
    worst = max(abs(answer[k] - expected[k]) for k in expected) if same else float("inf")
    if not worst <= TOLERANCE:
        raise StudioError(
            f"The Space answers otherwise than the studio (by {worst:.4f}).", "Please report this."
        )
    return worst


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_up(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return json.load(answer).get("status") == "ok"
    except (OSError, ValueError):
        return False


def _post(address: str, picture: bytes) -> dict[str, float]:
    try:
        with urllib.request.urlopen(address, picture, timeout=60) as answer:
            return json.load(answer)
    except (OSError, ValueError) as error:
        raise StudioError(
            f"The Space gives no answer to a picture ({error}).", "Please report this."
        ) from error
