"""Where a bundle comes from: a folder, a zip of it, or a repository of the Hugging Face Hub."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from core.errors import StudioError
from core.serving import layout
from core.serving.bundle_part import open_part

MOST_CARD_BYTES = 1_000_000
FILES = (
    layout.WEIGHTS,
    layout.CONFIG,
    layout.GRAPH,
    layout.GRAPH_INT8,
    layout.OFF_TOPIC,
    f"{layout.EXAMPLES}/*.jpg",
    layout.RECORDED,
    layout.FIGURES,
    layout.MANIFEST,
    layout.CARD,
)
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def find_bundle(name: str) -> Path:
    """The folder or zip of that name, or else the hub's repository of that id, downloaded (only
    the files of a bundle) into the hub client's own cache.

    Raises:
        StudioError: there is neither.
    """
    path = Path(name)
    if path.exists() or not _REPOSITORY.fullmatch(name):
        return path
    from huggingface_hub import snapshot_download  # late: half a second that a folder does not need

    try:
        return Path(snapshot_download(name, allow_patterns=list(FILES)))
    except Exception as error:  # no network, no such repository, a full disk: many kinds
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StudioError(
            f"There is no folder {name} here, and the hub does not give it: {reason}",
            "Check the name; private repositories need a token (hf auth login).",
        ) from error


def card_of(bundle: Path) -> str:
    """The model card in Markdown, without the hub's metadata on top; empty if there is none."""
    try:
        if bundle.is_dir():
            with open_part(bundle, layout.CARD) as file:
                data = file.read(MOST_CARD_BYTES)
        else:
            data = _card_in_zip(bundle)
    except (OSError, StudioError, zipfile.BadZipFile, KeyError, RuntimeError):  # it may be left out
        return ""
    return _FRONT_MATTER.sub("", data.decode(errors="replace").replace("\r\n", "\n"))


def _card_in_zip(bundle: Path) -> bytes:
    """The card at the top of a zip, or in its one folder."""
    with zipfile.ZipFile(bundle) as archive:
        names = [n for n in archive.namelist() if n.rpartition("/")[2] == layout.CARD]
        with archive.open(min(names, key=len, default=layout.CARD)) as file:
            return file.read(MOST_CARD_BYTES)
