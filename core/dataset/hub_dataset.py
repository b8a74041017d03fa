"""Way in: a dataset of the Hugging Face Hub, by its name.

Files are listed at one commit and downloaded from that; scripts in a repository are never run,
and nothing but pictures, tables and Parquet files is taken. No token is sent.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from core.context import Context
from core.dataset.archive import MAX_MEMBERS
from core.dataset.folder import read_file
from core.dataset.from_files import scratch
from core.dataset.metadata import NAMES, by_metadata
from core.dataset.new_pictures import (
    PICTURE_SUFFIXES,
    FileTree,
    Listing,
    is_inside,
    no_pictures_in,
    path_text,
)
from core.dataset.parquet_pictures import find_in_parquet
from core.errors import StudioError
from core.events import Event, Progressed
from core.records import Skipped

TIMEOUT_S = 10.0
AT_ONCE = 8
REPOSITORY = re.compile(
    r"(?:https?://[^/]+/datasets/|datasets/)?"
    r"(?P<name>[\w.-]{1,96}(?:/[\w.-]{1,96})?)"
    r"(?:(?:/tree/|@)(?P<revision>[\w./-]{1,100}))?/?"
)


@dataclass(frozen=True)
class HubFile:
    """A file of a repository that may be downloaded, and how large it says it is."""

    path: str
    size: int


def way_in(context: Context, args: Mapping[str, Any]) -> Generator[Event, None, Listing]:
    """The dataset `args["repository"]`: "owner/name", "owner/name@revision", or its address.

    Raises:
        StudioError: there is no such dataset, no network, it is too large, or has no pictures.
    """
    name, revision = parse(str(args.get("repository", "")))
    yield Progressed(0, 0, f"Asking the hub for {name}")
    commit, candidates = _list(name, revision)
    files, skipped = choose(candidates)
    _check(files, context.settings.max_archive_bytes)
    folder = scratch(context) / "hub"
    yield from _download(context, partial(_get, name, commit, folder), files)
    if context.stop_requested():
        return Listing(name, [], skipped)
    paths = [item.path for item in files]
    tables = [(path, folder / path) for path in paths if _is_table(path)]
    if tables:
        pictures, unusable = find_in_parquet(tables, context.settings)
    else:
        readers = {path: partial(read_file, folder / path, context.settings) for path in paths}
        pictures, unusable = by_metadata(FileTree(name, dict(sorted(readers.items()))))
    if not pictures:
        raise no_pictures_in(f"{name} ({unusable[0].reason})" if unusable else name)
    return Listing(f"Hub: {name} ({commit[:8]})", pictures, [*unusable, *skipped])


def parse(text: str) -> tuple[str, str | None]:
    """Name and revision of a dataset, from what a person typed or pasted.

    Raises:
        StudioError: it is no name of a dataset.
    """
    match = REPOSITORY.fullmatch(text.strip())
    if match is None or ".." in text:
        raise StudioError(
            f"{path_text(text.strip())[:100]!r} is no name of a dataset.",
            "It looks like owner/name: copy it from the dataset's page.",
        )
    return match["name"], (match["revision"] or "").rstrip("/") or None


def choose(files: Sequence[HubFile]) -> tuple[list[HubFile], list[Skipped]]:
    """What is downloaded: the Parquet files of one folder, or else pictures and metadata."""
    safe = sorted((f for f in files if _is_safe(f.path)), key=lambda f: f.path)
    unsafe = [path_text(f.path) for f in files if not _is_safe(f.path)]
    skipped = [Skipped(path, "its path leads out", "leads out") for path in unsafe]
    tables = [f for f in safe if _is_table(f.path)]
    if tables:
        folders = {_folder(f.path) for f in tables}
        folder = next((f for f in ("data", "default") if f in folders), min(folders))
        configuration = [f for f in tables if _folder(f.path) == folder]
        other_paths = [f.path for f in tables if f not in configuration]
        skipped += [Skipped(p, "of another configuration", "not wanted") for p in other_paths]
        return configuration, skipped
    pictures = [f for f in safe if _is_picture(f.path)]
    other_paths = [f.path for f in safe if not _is_picture(f.path) and "/." not in f"/{f.path}"]
    skipped += [Skipped(path_text(p), _what_else(p), "not wanted") for p in other_paths]
    return pictures, skipped


def _what_else(path: str) -> str:
    return "a program: never run" if path.endswith(".py") else "neither a picture nor a table"


def _is_safe(path: str) -> bool:
    return bool(path) and is_inside(path) and "\\" not in path


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _is_table(path: str) -> bool:
    name = PurePosixPath(path).name.lower()
    return name.endswith(".parquet") and name not in NAMES


def _is_picture(path: str) -> bool:
    pure = PurePosixPath(path.lower())
    return pure.suffix in PICTURE_SUFFIXES or pure.name in NAMES


def _check(files: Sequence[HubFile], limit: int) -> None:
    total = sum(file.size for file in files)
    if total > limit or len(files) > MAX_MEMBERS:
        raise StudioError(
            f"The dataset has {len(files):,} files, {total / 1e6:,.1f} MB; the limit is "
            f"{MAX_MEMBERS:,} files and {limit / 1e6:,.1f} MB.",
            "Raise TOPLOSS_MAX_ARCHIVE_MB if there is room for it on the disk.",
        )


def _list(name: str, revision: str | None) -> tuple[str, list[HubFile]]:
    """The commit, and the files at it. One request, tried once: no network is said at once."""
    try:
        info = _hub().dataset_info(name, revision=revision, files_metadata=True, timeout=TIMEOUT_S)
        files = [HubFile(str(f.rfilename), int(f.size or 0)) for f in info.siblings or ()]
        if not re.fullmatch(r"[0-9a-f]{7,64}", str(info.sha)):
            raise ValueError("no commit is named")
    except Exception as error:  # of httpx, of the hub's client, of an answer that is no answer
        raise _hub_error(name, error) from error
    return str(info.sha), files


def _hub() -> Any:
    """The hub's client, telling nobody what else is installed or running here."""
    from huggingface_hub import HfApi, constants
    from huggingface_hub.utils import disable_progress_bars

    constants.HF_HUB_DISABLE_TELEMETRY = True
    disable_progress_bars()
    return HfApi(token=False, library_name="toploss")


def _hub_error(name: str, error: Exception) -> StudioError:
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return StudioError(f"The dataset {name} is not open to everybody.", "Choose another one.")
    if isinstance(error, errors.RepositoryNotFoundError | errors.RevisionNotFoundError):
        return StudioError(f"There is no open dataset {name} on the hub.", "Check its name.")
    if isinstance(error, errors.HfHubHTTPError):
        return StudioError(
            f"The hub refused {name} ({str(error).splitlines()[0][:200]}).", "Try again later."
        )
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return StudioError(
        f"The Hugging Face Hub cannot be reached ({reason}).",
        "Check the network; a folder or a zip needs none.",
    )


def _get(name: str, commit: str, folder: Path, hub_file: HubFile) -> int:
    """Download one file; how many bytes it has."""
    file = _hub().hf_hub_download(
        name, hub_file.path, repo_type="dataset", revision=commit, local_dir=folder
    )
    return Path(file).stat().st_size


def _download(
    context: Context, get: Any, files: Sequence[HubFile]
) -> Generator[Progressed, None, None]:
    """Download files, some at a time, until all are there or a stop is asked for."""
    received_bytes, limit = 0, context.settings.max_archive_bytes
    stated_bytes = sum(file.size for file in files)
    _has_room(context, stated_bytes)
    with ThreadPoolExecutor(AT_ONCE, "hub") as pool:
        futures = {pool.submit(get, file): file for file in files}
        pending = set(futures)
        try:
            while pending and not context.stop_requested():
                done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
                received_bytes += sum(future.result() for future in done)
                if received_bytes > limit:
                    raise StudioError(
                        "The dataset is larger than it said.", "Choose another dataset."
                    )
                yield Progressed(len(futures) - len(pending), len(futures), "Downloading")
        except StudioError:
            raise
        except Exception as error:  # as in _list
            raise _hub_error("a file of the dataset", error) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _has_room(context: Context, needed: int) -> None:
    free = shutil.disk_usage(context.workspace.folder).free
    if needed > free:
        raise StudioError(
            f"The dataset needs {needed / 1e6:,.1f} MB; the disk has {free / 1e6:,.1f} MB left.",
            "Free some space.",
        )
