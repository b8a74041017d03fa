"""Cells that a spreadsheet would run, and tables as nobody makes them by mistake."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from benchmarks.attacks.attack import Attack, demand
from benchmarks.attacks.ground import Ground, do, in_words, left_over, opened, picture
from core.workspace import Workspace, open_workspace

FORMULAS = (
    '=HYPERLINK("http://127.0.0.1:9/","x")', "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1",
    "=cmd|' /C calc'!A0", "'=1+1", "''", "-", "＝1+1", '"=1+1"', " =1+1", "normal",
)  # fmt: skip
RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
TABLE = {"way": "archive", "upload": "sent", "name": "sent.zip", "labels": "table",
         "table": "table.csv", "file_column": "file", "label_column": "label"}  # fmt: skip


def attacks(ground: Ground) -> Iterator[Attack]:
    for form in ("folder", "zip"):
        yield Attack(f"formulas as labels, taken out as {form}", partial(_formulas, ground, form))
    yield Attack("what was neutralised comes back", partial(_there_and_back, ground), 120)
    for name, (suffix, data) in _hostile().items():
        yield Attack(name, partial(_read, ground, suffix, data), 120)


def _import(workspace: Workspace, files: Mapping[str, bytes], args: Mapping[str, Any]) -> None:
    workspace.uploads.mkdir(exist_ok=True)
    with zipfile.ZipFile(workspace.uploads / "sent", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    in_words(do(workspace, "import", args, 100))


def _with_formulas(ground: Ground, workspace: Workspace) -> None:
    files = {f"={n}.jpg": picture((90, 9 * n, 99), 300 + n) for n in range(len(FORMULAS))}
    text = io.StringIO()
    csv.writer(text).writerows([["file", "label"], *zip(files, FORMULAS)])
    _import(workspace, {**files, "table.csv": text.getvalue().encode()}, TABLE)


def _formulas(ground: Ground, form: str) -> None:
    with ground.borrowed() as workspace:
        _with_formulas(ground, workspace)
        job = do(workspace, "take-out", {"form": form})
        demand(job.state == "done", f"it cannot be taken out: {job.message}")
        rows = list(csv.reader(io.StringIO(_metadata(workspace, form))))
    cells = [cell for row in rows for cell in row if cell.startswith(RUN_BY_SPREADSHEETS)]
    demand(not cells, f"{len(cells)} cells would be run, first {cells[:1]}")
    demand(len(rows) > 40, "the table is not whole")


def _metadata(workspace: Workspace, form: str) -> str:
    if form == "folder":
        (file,) = workspace.folder.glob("dataset*/metadata.csv")
        return file.read_text(encoding="utf-8")
    (packed,) = workspace.folder.glob("dataset*.zip")
    with zipfile.ZipFile(packed) as archive:
        return archive.read("metadata.csv").decode()


def _there_and_back(ground: Ground) -> None:
    """Taken out, and taken in by a new workspace: the same labels of the same pictures."""
    with ground.borrowed() as workspace:
        _with_formulas(ground, workspace)
        do(workspace, "take-out", {"form": "zip"})
        (packed,) = workspace.folder.glob("dataset*.zip")
        again = open_workspace(workspace.folder / "again", "again")
        again.uploads.mkdir()
        packed.rename(again.uploads / "sent")
        args = {"way": "archive", "upload": "sent", "name": "sent.zip"}
        job = do(again, "import", args)
        demand(job.state == "done", f"it does not come back: {job.message}")
        labels = _labels(workspace), _labels(again)
    differing = [image for image in labels[0] if labels[0][image] != labels[1].get(image)]
    pairs = [(labels[0][image], labels[1].get(image)) for image in differing]
    demand(not differing, f"{len(differing)} labels differ, first {pairs[:1]}")


def _labels(workspace: Workspace) -> dict[str, str]:
    with opened(workspace) as catalog:
        return {image.id: image.label for image in catalog.images.all()}


def _hostile() -> dict[str, tuple[str, bytes]]:
    """Name -> ending and bytes of a table."""
    wide = ",".join(f"c{n}" for n in range(20_000)).encode()
    return {
        "a CSV of 3,000,000 rows": ("csv", b"file,label\n" + b"a.jpg,red\n" * 3_000_000),
        "a CSV of 20,000 columns": ("csv", b"file,label," + wide + b"\na.jpg,red\n"),
        "a CSV with a quote that never ends": ("csv", b'file,label\na.jpg,"' + b"x" * 20_000_000),
        "a CSV of zero bytes": ("csv", b"file,label\na.jpg,\0\n"),
        "a CSV with a field of 5 MB": ("csv", b"file,label\na.jpg," + b"y" * 5_000_000),
        "a CSV of separators": ("csv", b"file,label\n" + b"," * 10_000_000),
        "a CSV in UTF-16 that is cut": ("csv", "file,label\na.jpg,red".encode("utf-16")[:-1]),
        "a CSV that names files outside": (
            "csv", b"file,label\n../../../canary/secret.jpg,red\n/etc/passwd,red\na.jpg,blue\n",
        ),
        "a CSV that names addresses inside": (
            "csv", b"file,label\nhttp://127.0.0.1:8501/x.jpg,red\nfile:///etc/passwd,red\n",
        ),
        "JSON nested without end": ("jsonl", b"[" * 200_000 + b"\n"),
        "JSON with a number of a million digits": (
            "jsonl", b'{"file": "a.jpg", "label": ' + b"9" * 1_000_000 + b"}\n",
        ),
        "JSON with NaN and lists for labels": (
            "jsonl", b'{"file": "a.jpg", "label": [NaN]}\n{"file": {}, "label": Infinity}\n',
        ),
        "JSON that is no object": ("jsonl", b"1\n2\n"),
        "JSON with half of a sign": ("jsonl", b'{"file": "a.jpg", "label": "\\ud800"}\n'),
        "Parquet that is none": ("parquet", b"PAR1" + bytes(1000) + b"PAR1"),
        "Parquet whose footer is 2 GB": ("parquet", b"PAR1" + b"\xff\xff\xff\x7fPAR1"),
        "an empty table": ("csv", b""),
        "a label of 1,000,000 letters": ("csv", b"file,label\na.jpg," + b"L" * 100_000),
        "keys that Python knows": (
            "jsonl", json.dumps({"__class__": "x", "file": "a.jpg", "label": "x"}).encode(),
        ),
    }  # fmt: skip


def _read(ground: Ground, suffix: str, data: bytes) -> None:
    with ground.borrowed() as workspace:
        table = f"table.{suffix}"
        files = {"a.jpg": picture((90, 90, 99), 300), table: data}
        _import(workspace, files, {**TABLE, "table": table})
        demand(not left_over(workspace), f"left behind: {left_over(workspace)[:2]}")
