"""The layout `imagefolder` of Hugging Face: a table beside the pictures, recognised by itself.

A file `metadata.csv`, `metadata.jsonl` or `metadata.parquet` names files of its own folder in the
column `file_name`; further columns here: `label`, `split`, `source` or `url`.
https://huggingface.co/docs/datasets/image_dataset
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from core.dataset.named_files import Row, is_url, join, refuse_several_labels
from core.dataset.new_pictures import (
    FileTree,
    Labelled,
    by_folder,
    side_named,
    with_sides,
    without_system_files,
)
from core.dataset.table import LABEL_NAMES, OF_THE_STUDIO, SPLIT_NAMES, find_column, read_table
from core.errors import StudioError
from core.records import Skipped

NAMES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
URL_NAMES = ("url", "source")


def by_metadata(tree: FileTree) -> Labelled:
    """Label files by the metadata that lies beside them, or else by their folders.

    Metadata that cannot be read, or names no files, is said and does not count; metadata without
    a column of labels adds addresses to what the folders say.

    Raises:
        StudioError: the metadata gives several labels to one picture.
    """
    rows, skipped = _rows(tree)
    if any(row.label for row in rows):
        refuse_several_labels(row.label for row in rows if not row.exact)
        pictures, unnamed = join(tree, rows)
        return with_sides(pictures), [*unnamed, *skipped]
    paths = [path for path in tree.readers if not _is_metadata(path)]
    pictures, unlabelled = by_folder(paths, tree.readers.__getitem__)
    urls = {f"{row.near}/{row.file}".removeprefix("/"): row.url for row in rows}
    with_urls = [
        replace(p, url=urls[p.path]) if is_url(urls.get(p.path, "")) else p for p in pictures
    ]
    return with_urls, [*unlabelled, *skipped]


def _rows(tree: FileTree) -> tuple[list[Row], list[Skipped]]:
    rows, skipped = [], []
    for path in without_system_files(list(tree.readers))[0]:
        if _is_metadata(path):
            try:
                rows += _rows_of(path, tree.readers[path]())
            except StudioError as error:
                skipped.append(Skipped(path, error.message, "bad table"))
    return rows, skipped


def _is_metadata(path: str) -> bool:
    return PurePosixPath(path).name.lower() in NAMES


def _rows_of(path: str, data: bytes) -> list[Row]:
    table = read_table(data, path)
    near = path.rpartition("/")[0]
    empty = [""] * len(table.rows)
    file, label, side, url = (
        table.column(column) if (column := find_column(table.columns, names)) else empty
        for names in (("file_name",), LABEL_NAMES, SPLIT_NAMES, URL_NAMES)
    )
    level = next((name for name in near.split("/") if side_named(name)), "")
    exact = OF_THE_STUDIO in table.columns
    rows = zip(file, label, side, url)
    return [Row(f, a, s or level, u, near, exact) for f, a, s, u in rows if f]
