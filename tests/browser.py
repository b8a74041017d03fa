"""The real thing for tests: servers as processes, and a headless Chromium."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Page, TimeoutError, sync_playwright

ROOT = Path(__file__).parent.parent
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


def chromium() -> str | None:
    """Path of a Chromium: $CHROMIUM, an installed one, else Playwright's own; None if none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    installed = [os.environ.get("CHROMIUM"), *map(shutil.which, names)]
    for path in installed:
        if path:
            return path
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def hand_in(page: Page, file: Path) -> None:
    """Give the served page a picture, until it answers: it is drawn a moment before it takes files.

    Raises:
        AssertionError: there is no answer after ten times.
    """
    box, answer = page.locator("input[type=file]").first, page.locator("#answer h2")
    box.wait_for(state="attached")
    for _ in range(10):
        box.set_input_files(file)
        with suppress(TimeoutError):
            answer.wait_for(timeout=5_000)
            return
    raise AssertionError(f"{page.url} gives no answer")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(command: list[str], home: Path, url: str) -> Iterator[str]:
    """Run a server from the repository until the block ends; its address."""
    log = home.parent / f"{home.name}-server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, "TOPLOSS_HOME": str(home)},
            stdout=output,
            stderr=output,
        )
    try:
        _wait_until_it_answers(url, process, log)
        yield url
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """uvicorn waits without an end for a browser's open connection; asked again, it does not."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        process.wait(20)


@contextmanager
def studio(home: Path, port: int | None = None) -> Iterator[str]:
    """The Streamlit studio over the workspaces in `home`; its address."""
    port = port or free_port()
    command = ["-m", "streamlit", "run", "streamlit_app.py"]
    command += ["--server.port", str(port), "--server.headless", "true"]
    with server(command, home, f"http://127.0.0.1:{port}") as url:
        yield url


@contextmanager
def served_classifier(bundle: Path, home: Path) -> Iterator[str]:
    """The Gradio app over a bundle; its address."""
    port = free_port()
    command = ["gradio_app.py", "--bundle", str(bundle), "--port", str(port)]
    with server(command, home, f"http://127.0.0.1:{port}") as url:
        yield url


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{url} does not answer:\n{log.read_text(errors='replace')[-3000:]}")
