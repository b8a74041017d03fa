"""Ways in: a folder, an archive, or a table; on this machine or sent by the browser."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from core import leftovers
from core.context import Context
from core.dataset.archive import open_zip
from core.dataset.by_pattern import by_pattern
from core.dataset.by_table import by_table
from core.dataset.folder import open_folder
from core.dataset.metadata import by_metadata
from core.dataset.new_pictures import FileTree, Listing, no_pictures_in
from core.dataset.table import Table, read_table
from core.dataset.tar import PACKINGS, open_tar, unpack
from core.errors import StudioError, from_os_error
from core.events import Event
from core.owned import inside
from core.settings import Settings

TAR_MARK = b"ustar"
ARCHIVE_SUFFIXES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")


def folder_way_in(context: Context, args: Mapping[str, Any]) -> Generator[Event, None, Listing]:
    """The folder `args["path"]`, or the archive there. `args["labels"]` is the rule for
    labels: "folder" (also metadata beside the pictures), "pattern" (`args["pattern"]`) or "table".
    """
    path = Path(args["path"]).expanduser()
    if is_archive_name(path.name) and path.is_file():
        tree = yield from open_archive(context, path, path.name)
    else:
        tree = open_folder(path, context.settings)
    return (yield from _listing(context, tree, args))


def archive_way_in(context: Context, args: Mapping[str, Any]) -> Generator[Event, None, Listing]:
    """The archive `args["upload"]` in the workspace's uploads; `args["name"]` is its own name."""
    tree = yield from open_archive(context, uploaded(context, args["upload"]), args["name"])
    return (yield from _listing(context, tree, args))


def table_way_in(context: Context, args: Mapping[str, Any]) -> Generator[Event, None, Listing]:
    """A table of addresses, `args["upload"]`, with no files beside it."""
    table = {"labels": "table", "table_upload": args["upload"], "table_name": args["name"]}
    return (yield from _listing(context, FileTree(args["name"], {}), {**args, **table}))


def open_archive(context: Context, file: Path, name: str) -> Generator[Event, None, FileTree]:
    """A zip or a tar as a tree of files; its first bytes say what it is.

    Raises:
        StudioError: it is neither, is damaged, or is beyond the limits.
    """
    try:
        with file.open("rb") as stream:
            start = stream.read(8)
    except OSError as error:
        raise from_os_error(error, f"opening {name}") from error
    if not start.startswith(tuple(PACKINGS)) and not _is_tar(file):
        return open_zip(file, context.settings, name)
    plain = yield from unpack(context, file, scratch(context) / "plain.tar")
    if context.stop_requested():
        return FileTree(name, {})
    return open_tar(plain, context.settings, name)


def glance(stream: BinaryIO, name: str, settings: Settings) -> FileTree:
    """What is in an archive in memory, before it is sent; of a tar only the beginning.

    Raises:
        StudioError: as for `open_archive`.
    """
    start = stream.read(512)
    stream.seek(0)
    if start.startswith(tuple(PACKINGS)) or start[257:262] == TAR_MARK:
        return open_tar(stream, settings, name)
    return open_zip(stream, settings, name)


def is_archive_name(name: str) -> bool:
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def uploaded(context: Context, name: str) -> Path:
    """The file of that name in the workspace's uploads, and nowhere else.

    Raises:
        StudioError: it can be no file's name.
    """
    return inside(context.workspace.uploads, str(name))


def scratch(context: Context) -> Path:
    """A folder for what one import needs on disk; it goes away at the end."""
    return leftovers.scratch(context.workspace, context.job_id or 0)


def tidy(context: Context, args: Mapping[str, Any]) -> None:
    """Delete what the browser sent for an import, and what the import needed on disk."""
    leftovers.remove_sent(context.workspace, args)
    leftovers.remove_scratch(context.workspace, context.job_id or 0)


def _is_tar(file: Path) -> bool:
    """The mark of the format is in its first header."""
    with file.open("rb") as stream:
        return stream.read(512)[257:262] == TAR_MARK


def _listing(
    context: Context, tree: FileTree, args: Mapping[str, Any]
) -> Generator[Event, None, Listing]:
    if not tree.readers and context.stop_requested():
        return Listing(tree.name, [])
    if args.get("labels") == "pattern":
        pictures, skipped = by_pattern(tree, str(args.get("pattern", "")))
    elif args.get("labels") == "table":
        pictures, skipped = yield from by_table(context, tree, args, _table(context, args))
    else:
        pictures, skipped = by_metadata(tree)
    if not pictures and not context.stop_requested():
        raise _nothing(tree, args)
    return Listing(tree.name, pictures, [*skipped, *tree.skipped])


def _nothing(tree: FileTree, args: Mapping[str, Any]) -> StudioError:
    rule = args.get("labels", "folder")
    if rule == "pattern":
        return StudioError(
            f"The regular expression finds no label in {tree.name}.",
            "Look at the preview below the expression, and change it.",
        )
    if rule == "table":
        return StudioError(
            f"No row of the table names a file of {tree.name}.",
            "Choose the column that holds the files' names, relative to the folder.",
        )
    return no_pictures_in(tree.name)


def _table(context: Context, args: Mapping[str, Any]) -> Table | None:
    if not args.get("table_upload"):
        return None
    return load_table(
        uploaded(context, args["table_upload"]), str(args["table_name"]), context.settings
    )


def load_table(file: Path, name: str, settings: Settings) -> Table:
    """Raises: StudioError when it cannot be read, or is larger than one file may be."""
    try:
        if file.stat().st_size > settings.max_file_bytes:
            limit = settings.max_file_bytes // 1_000_000
            raise StudioError(f"The table {name} is larger than {limit} MB.", "Split it.")
        return read_table(file.read_bytes(), name)
    except OSError as error:
        raise from_os_error(error, f"reading {name}") from error
