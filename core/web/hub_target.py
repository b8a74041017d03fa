"""What is to be pushed to the Hugging Face Hub, and where to; nothing is sent here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from huggingface_hub import constants

from core.bundle.web_folder import KINDS, bundle_of, folder_of
from core.context import Context
from core.errors import StudioError

ENDPOINT = constants.ENDPOINT
_PART = r"[A-Za-z0-9](?:[A-Za-z0-9_]|[.-](?![.-]|$|/)){0,95}"
_REPOSITORY = re.compile(f"{_PART}/{_PART}")
Sort = Literal["model", "space"]


@dataclass(frozen=True)
class Push:
    """What goes where.

    Attributes:
        kind: "model" for the bundle itself, or the kind of Space.
        repository: "owner/name".
    """

    folder: Path
    kind: str
    repository: str
    private: bool

    @property
    def sort(self) -> Sort:
        return "model" if self.kind == "model" else "space"


def push_of(context: Context, args: Mapping[str, Any]) -> Push:
    """What a job asks for.

    Raises:
        StudioError: it cannot be the name of a repository, or what is to be pushed is not there.
    """
    bundle = bundle_of(context.workspace, args["bundle"])
    kind = args["kind"]
    if kind not in ("model", *KINDS):
        raise StudioError(f"There is nothing of kind {kind!r} to push.", "Choose one on the page.")
    folder = bundle if kind == "model" else folder_of(context.workspace, bundle.name, kind)
    if not folder.is_dir():
        raise StudioError("What is to be pushed is not written yet.", "Write it first.")
    return Push(folder, kind, valid_repository(args["repository"]), args["private"] is True)


def valid_repository(name: str) -> str:
    """The name, if it can be a repository's: "owner/name".

    Raises:
        StudioError: it cannot.
    """
    name = name.strip()
    if not _REPOSITORY.fullmatch(name):
        raise StudioError(
            "This is no name of a repository.", "Write it like ann/bears: your name, then a name."
        )
    return name


def address_of(repository: str, kind: str, endpoint: str = ENDPOINT) -> str:
    """Where a pushed repository is looked at."""
    return f"{endpoint}/{repository}" if kind == "model" else f"{endpoint}/spaces/{repository}"
