"""A workspace that is thrown away, filled by the studio's own import."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.catalog import open_catalog
from core.context import Context
from core.dataset.folder import find_in_folder
from core.dataset.importing import import_pictures
from core.records import Side
from core.settings import load_settings
from core.workspace import open_workspace


def throw_away_context(home: Path) -> Context:
    settings = load_settings({"TOPLOSS_HOME": str(home)})
    workspace = open_workspace(settings.home, "benchmark")
    return Context(workspace, open_catalog(workspace), settings)


def import_folder(context: Context, folder: Path, side: Side | None = None) -> None:
    """Take in a folder per class; on one side of the split, if `side` says which."""
    found, skipped = find_in_folder(folder, context.settings)
    if side:
        found = [replace(item, side=side) for item in found]
    for _ in import_pictures(context, str(folder), found, skipped):
        pass
