"""Wrong answers that a person kept: a folder that the studio imports as a field test set.

CLASS/HASH.jpg  the picture (its working copy: no metadata) in the folder of the person's class
metadata.csv    a row for each: the exact label, what was answered instead, and when
"""

from __future__ import annotations

import csv
import hashlib
import io
import threading
from datetime import datetime
from pathlib import Path

from core.csv_text import csv_text, original
from core.errors import StudioError
from core.files import write_atomically
from core.images.allowance import ANYTHING, Allowance
from core.images.working_copy import working_copy
from core.owned import inside, is_plain_name, remove_file
from core.serving.answer import Answer
from core.settings import Settings

TABLE = "metadata.csv"
COLUMNS = ("file_name", "label", "answer", "probability", "none_of_these", "at", "journal")
"""`journal` stays empty; the studio takes labels word for word where there is such a column."""
MOST = 2_000
HASH_DIGITS = 16


class FlaggedPictures:
    """One folder; several people may write to it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()

    def keep(
        self,
        data: bytes,
        label: str,
        answer: Answer,
        settings: Settings,
        allowance: Allowance = ANYTHING,
    ) -> Path:
        """Keep a picture under the label that is right; an earlier label of it is replaced.

        Returns:
            Its file.

        Raises:
            PictureError: it cannot be used as a picture.
            StudioError: the folder is full.
            WorkspaceError: it cannot be written.
        """
        copy = working_copy(data, settings, allowance)
        name = f"{hashlib.sha256(copy).hexdigest()[:HASH_DIGITS]}.jpg"
        file = inside(self.folder, folder_name(label), name)
        now = datetime.now().isoformat(timespec="seconds")
        probability = f"{answer.probabilities[answer.label]:.4f}"
        unknown = "true" if answer.none_of_these else "false"
        row = [f"{file.parent.name}/{name}", label, answer.label, probability, unknown, now, ""]
        with self._lock:
            rows = self._rows()
            others = [r for r in rows if r[0].rpartition("/")[2] != name]
            if len(others) >= MOST:
                raise StudioError(
                    f"{MOST:,} pictures are kept already.", f"Import and empty {self.folder}."
                )
            write_atomically(file, copy)
            write_atomically(self.folder / TABLE, _table([*others, row]))
            self._forget([r for r in rows if r not in others and r[0] != row[0]])
        return file

    def _rows(self) -> list[list[str]]:
        try:
            text = (self.folder / TABLE).read_bytes().decode()
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise StudioError(
                f"{self.folder / TABLE} cannot be read.",
                "Move that folder away; a new one is made.",
            ) from error
        lines = list(csv.reader(io.StringIO(text, newline="")))[1:]
        return [[original(c) for c in line] for line in lines if len(line) == len(COLUMNS)]

    def _forget(self, rows: list[list[str]]) -> None:
        """Remove the copies under labels that were taken back."""
        for folder, _, name in (row[0].rpartition("/") for row in rows):
            if is_plain_name(name):  # the table may have been edited
                remove_file(self.folder, inside(self.folder, folder_name(folder), name))


def folder_name(label: str) -> str:
    """A name for the folder of a class; the exact label is in the table."""
    return "".join(c if c.isalnum() or c in "-_ " else "-" for c in label)[:40].strip() or "class"


def _table(rows: list[list[str]]) -> bytes:
    return csv_text([COLUMNS, *rows]).encode()
