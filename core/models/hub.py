"""Pretrained weights from the Hugging Face hub: safetensors only, so nothing in them can run.

The hub's own client does the downloading and keeps the files in its own cache; here are what it
lacks: finding out at once that there is no network, progress, and stopping.
"""

from __future__ import annotations

import io
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from httpx2 import HTTPError
from huggingface_hub import constants, hf_hub_download, try_to_load_from_cache
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from tqdm import tqdm  # type: ignore[import-untyped]

from core.context import never
from core.errors import StudioError, from_os_error
from core.events import Progressed

FILE = "model.safetensors"
ANSWER_S = 1.5
POLL_S = 0.2
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Hub:
    """Where weights are downloaded from, and the folder that keeps them."""

    endpoint: str = constants.ENDPOINT
    cache: Path = Path(constants.HF_HUB_CACHE)


DEFAULT_HUB = Hub()


class _Stopped(Exception):
    """Ends a download from within."""


def cached_weights(repository: str, hub: Hub = DEFAULT_HUB) -> Path | None:
    """The file that was downloaded before; nothing is asked of the network."""
    path = try_to_load_from_cache(repository, FILE, cache_dir=hub.cache)
    return Path(path) if isinstance(path, str) else None


def is_reachable(hub: Hub = DEFAULT_HUB) -> bool:
    """Whether the hub answers, known within 1.5 seconds.

    The client itself tries again for most of a minute, and looking up a name has no time limit;
    so the question is asked in a thread that may be left behind.
    """
    if constants.HF_HUB_OFFLINE or not hub.endpoint.startswith(("http://", "https://")):
        return False
    answered = threading.Event()

    def ask() -> None:
        try:
            with urllib.request.urlopen(hub.endpoint, timeout=ANSWER_S):
                answered.set()
        except urllib.error.HTTPError:
            answered.set()  # an answer, if not a friendly one
        except (OSError, ValueError, HTTPException):
            return

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(ANSWER_S)
    return answered.is_set()


def download(
    repository: str, hub: Hub = DEFAULT_HUB, stop_requested: Callable[[], bool] = never
) -> Generator[Progressed, None, Path | None]:
    """Fetch the weights of a repository; None when it was asked to stop.

    Raises:
        StudioError: the hub does not answer, or has no such file.
        WorkspaceError: the disk is full or not writable.
    """
    yield Progressed(0, 0, f"Asking the hub for {repository}")
    if not is_reachable(hub):
        raise unreachable(hub)
    meter = _Meter(stop_requested)
    with ThreadPoolExecutor(1, "download") as pool:
        coming = pool.submit(_download, repository, hub, meter)
        while not coming.done():
            yield Progressed(
                meter.done // MEGABYTE, meter.total // MEGABYTE, f"Downloading {repository}, MB"
            )
            meter.ended.wait(POLL_S)
        return coming.result()


def unreachable(hub: Hub) -> StudioError:
    return StudioError(
        f"{hub.endpoint} cannot be reached, so the pretrained weights cannot be downloaded.",
        "Choose an architecture whose weights are installed, or connect this machine.",
    )


class _Meter:
    """What a download in another thread has come to, in bytes."""

    def __init__(self, stop_requested: Callable[[], bool]) -> None:
        self.done, self.total = 0, 0
        self.ended = threading.Event()
        self._stop_requested = stop_requested

    def bar(self) -> type[tqdm]:
        """The progress bar that the client wants, which draws nothing."""
        meter = self

        class Bar(tqdm):  # type: ignore[misc]
            def __init__(self, *args: Any, **options: Any) -> None:
                options.pop("name", None)
                super().__init__(*args, **{**options, "file": io.StringIO(), "disable": False})
                meter.total = int(self.total or 0)

            def update(self, n: float | None = 1) -> bool | None:
                if meter._stop_requested():
                    raise _Stopped
                redrawn = super().update(n)
                meter.done, meter.total = int(self.n), int(self.total or 0)
                return redrawn

        return Bar


def _download(repository: str, hub: Hub, meter: _Meter) -> Path | None:
    try:
        path = hf_hub_download(
            repository,
            FILE,
            cache_dir=hub.cache,
            endpoint=hub.endpoint,
            etag_timeout=5,
            tqdm_class=meter.bar(),
        )
        return Path(path)
    except _Stopped:
        return None
    except LocalEntryNotFoundError as error:
        raise unreachable(hub) from error
    except HfHubHTTPError as error:  # not there, or not for everybody
        raise StudioError(
            f"The hub gives no {FILE} of {repository}.", "Choose another architecture."
        ) from error
    except HTTPError as error:
        raise unreachable(hub) from error
    except OSError as error:
        raise from_os_error(error, "downloading weights") from error
    finally:
        meter.ended.set()
