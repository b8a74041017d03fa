"""Settings of this machine: the only reader of environment variables."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import StudioError
from core.web_guard import host_pattern

MEGABYTE = 1_000_000
MAX_DIGITS = 9
DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class Settings:
    """Where things are kept, and how much is accepted from outside.

    Attributes:
        home: folder that holds one folder per workspace.
        max_file_bytes: largest single picture file that is read.
        max_pixels: largest picture that is decoded, in pixels.
        max_archive_bytes: largest total size that an archive may unpack to.
        open_hosts: names or addresses from which pictures may be downloaded although they are
            inside this network.
        hosts: names by which the servers answer besides loopback ones; `*.name` for all below it.
        on_hub: this is a Space of the Hugging Face Hub, which shows it inside a page of its own.
        device: where networks compute: one of DEVICES; "auto" takes a graphics card if there is.
        demo: a public demo: each visitor has a workspace of their own that is thrown away, and
            nothing of this machine is shown or chosen.
        max_pictures: most pictures in use that a workspace may have.
        max_jobs: how many jobs may go on at once, in all workspaces.
        max_job_s: after so many seconds a job is asked to stop.
        idle_s: after so many seconds without a visit the workspace of a visitor is deleted.
    """

    home: Path
    max_file_bytes: int = 100 * MEGABYTE
    max_pixels: int = 100_000_000
    max_archive_bytes: int = 20_000 * MEGABYTE
    open_hosts: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    on_hub: bool = False
    device: str = "auto"
    demo: bool = False
    max_pictures: float = math.inf
    max_jobs: float = math.inf
    max_job_s: float = math.inf
    idle_s: float = math.inf

    @property
    def cache(self) -> Path:
        """Files that can be made again (compiled backbones)."""
        return self.home / ".cache"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read `TOPLOSS_*` variables, and `SPACE_HOST`, by which the Hugging Face Hub tells a Space its
    name; anything unset keeps its default.

    Raises:
        StudioError: a limit is not a positive whole number, the home folder is nobody's, there is
            no such device, a switch is neither 0 nor 1, or a host is no name.
    """
    env = os.environ if environment is None else environment
    home = _home(env.get("TOPLOSS_HOME") or "~/TopLoss")
    usual = for_visitors(home) if _switch(env, "TOPLOSS_DEMO") else Settings(home)
    return replace(
        usual,
        max_file_bytes=_megabytes(env, "TOPLOSS_MAX_FILE_MB", usual.max_file_bytes),
        max_pixels=_megabytes(env, "TOPLOSS_MAX_MEGAPIXELS", usual.max_pixels),
        max_archive_bytes=_megabytes(env, "TOPLOSS_MAX_ARCHIVE_MB", usual.max_archive_bytes),
        open_hosts=_names(env.get("TOPLOSS_OPEN_HOSTS") or ""),
        hosts=_hosts(env.get("TOPLOSS_HOSTS"), env.get("SPACE_HOST")),
        on_hub=bool(env.get("SPACE_HOST")),
        device=_device(env.get("TOPLOSS_DEVICE") or "auto"),
    )


def for_visitors(home: Path) -> Settings:
    """The settings of a public demo on a machine with 2 cores and 16 GB, as a free one has."""
    return Settings(
        home,
        max_file_bytes=10 * MEGABYTE,
        max_pixels=30 * MEGABYTE,
        max_archive_bytes=200 * MEGABYTE,
        demo=True,
        max_pictures=2_000,
        max_jobs=2,
        max_job_s=900.0,
        idle_s=4 * 3600.0,
    )


def _home(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:  # "~" of somebody who has no home here
        raise StudioError(
            f"There is no home folder for {text!r}.",
            "Set TOPLOSS_HOME to the full path of a folder.",
        ) from error


def _names(text: str) -> frozenset[str]:
    """Names between commas."""
    return frozenset(name.strip().lower() for name in text.split(",") if name.strip())


def _hosts(*texts: str | None) -> frozenset[str]:
    """Names between commas, without their ports."""
    names = frozenset[str]().union(*(_names(text or "") for text in texts))
    hosts = {name: host_pattern(name) for name in names}
    for text, host in hosts.items():
        if host is None:
            raise StudioError(
                f"TOPLOSS_HOSTS has {text!r}, which is no name of a machine.",
                "Write names with commas between them, as in studio.example.org,*.example.com.",
            )
    return frozenset(host for host in hosts.values() if host is not None)


def _switch(env: Mapping[str, str], name: str) -> bool:
    """Anything but 0 and 1 is refused: a demo that is open by mistake shows what it should not."""
    text = env.get(name) or "0"
    if text not in ("0", "1"):
        raise StudioError(f"{name} is {text!r}.", "Set it to 1 or 0, or unset it.")
    return text == "1"


def _device(name: str) -> str:
    if name not in DEVICES:
        raise StudioError(
            f"TOPLOSS_DEVICE is {name!r}, which is no device.",
            f"Set it to one of {', '.join(DEVICES)}, or unset it.",
        )
    return name


def _megabytes(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name)
    if not text:
        return default
    if not text.isdecimal() or len(text) > MAX_DIGITS or int(text) == 0:
        raise StudioError(
            f"{name} is {text!r}, which is not a positive whole number.",
            f"Set {name} to a number of millions, or unset it.",
        )
    return int(text) * MEGABYTE
