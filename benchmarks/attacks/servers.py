"""The two real servers as processes on this machine: started, asked, measured and ended."""

from __future__ import annotations

import http.client
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.attacks.attack import Broken, demand
from core.workspace import Workspace

MOST_BYTES = 10_000_000_000
"""Of memory that a server may ask for, so that others on this machine are left alone."""
ROOT = Path(__file__).parent.parent.parent
START_S, HEALTH_S, ANSWER_S = 90.0, 10.0, 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Answer:
    """What a server said; names of headers in small letters, the last of each."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Server:
    """A process that answers on loopback; `health` is the path that says so."""

    command: Sequence[str]
    home: Path
    health: str
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Raises Broken when it does not answer within START_S."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command, str(self.port)],
                cwd=ROOT,
                env={**os.environ, "TOPLOSS_HOME": str(self.home), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        resource.prlimit(self.process.pid, resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError, http.client.HTTPException):
                if self.ask(self.health, patience_s=5).status == 200:
                    return
            time.sleep(0.1)
        raise Broken(f"it does not start: {self.said()[-200:]}")

    def end(self) -> None:
        """End it, by force when it does not go: only this process and what it started."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(8)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        patience_s: float = ANSWER_S,
    ) -> Answer:
        """One request, the path as it is. Raises OSError or HTTPException."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience_s)
        try:
            connection.putrequest(
                method, path, skip_host="Host" in (headers or {}), skip_accept_encoding=True
            )
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, named, response.read())
        finally:
            connection.close()

    def must_be_well(self) -> None:
        """Raises Broken, and starts it again, when its health does not answer."""
        with suppress(OSError, http.client.HTTPException):
            if self.ask(self.health, patience_s=HEALTH_S).status == 200:
                return
        self.end()
        self.start()
        raise Broken(f"health did not answer within {HEALTH_S:.0f} s afterwards")

    def memory_mb(self, line: str = "VmRSS") -> float:
        """Resident memory, or its peak ("VmHWM")."""
        assert self.process is not None
        return memory_mb(self.process.pid, line)

    def forget_peak(self) -> None:
        assert self.process is not None
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", encoding="ascii")

    @property
    def log(self) -> Path:
        """Beside the ground, which is watched."""
        return self.home.parents[1] / f"{self.port}.log"

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


def memory_mb(process_id: int, line: str) -> float:
    """A line of /proc in MB; 0 when the process is gone."""
    try:
        status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    words = next((text.split() for text in status.splitlines() if text.startswith(line)), ["", "0"])
    return int(words[1]) * 1024 / 1e6


@contextmanager
def running(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        server.end()


def studio(home: Path, **environment: str) -> Server:
    command = ["-m", "streamlit", "run", "streamlit_app.py", "--server.address", "127.0.0.1"]
    command += ["--server.headless", "true", "--server.port"]
    return Server(command, home, "/_stcore/health", environment)


def served(bundle: Path, home: Path, *options: str) -> Server:
    flagged = ["--flagged", str(home.parents[1] / "flagged")]
    command = ["gradio_app.py", str(bundle), *flagged, *options, "--port"]
    return Server(command, home, "/health", {"GRADIO_TEMP_DIR": str(home.parents[1] / "gradio")})


def wait_for_page(server: Server, patience_s: float = 60) -> None:
    """Until the served app's page is there. Raises Broken."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if b'"ready"' in server.ask("/health").body:
            return
        time.sleep(0.2)
    raise Broken("the page is not ready")


def processes_of(word: str) -> list[int]:
    """Numbers of living processes whose command speaks of that (unique) word, but this one."""
    numbers = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
            if word in command and int(folder.name) != os.getpid():
                numbers.append(int(folder.name))
    return numbers


def worker_of(workspace: Workspace, patience_s: float = 10) -> int:
    """The process of the job that goes on in a workspace. Raises Broken."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        numbers = processes_of(f"core.worker\0{workspace.folder}\0")
        if numbers:
            return numbers[0]
        time.sleep(0.01)
    raise Broken("the worker is not there")


def kill_all(folder: Path) -> None:
    """End every process whose command speaks of a folder that only these attacks know."""
    for number in processes_of(str(folder)):
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def refused(answer: Answer, secrets: Sequence[bytes] = ()) -> None:
    """Raises Broken unless it was refused in an orderly way."""
    demand(answer.status < 500 or answer.status == 503, f"answers {answer.status}")
    demand(answer.status >= 400, f"answers {answer.status} with {len(answer.body):,} bytes")
    demand(not any(secret in answer.body for secret in secrets), "gives a secret away")
