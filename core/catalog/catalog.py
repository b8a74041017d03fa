"""Opening a catalog, and the split's settings."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from core.catalog.answers import Answers
from core.catalog.classes import Classes
from core.catalog.connection import Connection
from core.catalog.images import Images
from core.catalog.jobs import Jobs
from core.catalog.journal import Journal
from core.catalog.lookalikes import Lookalikes
from core.catalog.migrations import migrate
from core.catalog.quality import Qualities
from core.catalog.runs import Runs
from core.catalog.shots import Shots
from core.catalog.studies import Studies
from core.errors import Conflict
from core.records import ImageRecord
from core.workspace import Workspace


class Catalog:
    """Everything a workspace knows, except pixels. One per thread of work."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self.images = Images(db)
        self.journal = Journal(db)
        self.classes = Classes(db, self.images, self.journal)
        self.answers = Answers(db)
        self.runs = Runs(db)
        self.jobs = Jobs(db)
        self.lookalikes = Lookalikes(db)
        self.quality = Qualities(db)
        self.shots = Shots(db)
        self.studies = Studies(db)

    @property
    def seed(self) -> int:
        """Seed of the split; `choose_split` may change it until something was trained."""
        return int(self._setting("seed"))

    @property
    def valid_share(self) -> float:
        """Share of new images that goes to the validation side, 0..1."""
        return float(self._setting("valid_share"))

    def may_choose_split(self) -> bool:
        """Whether nothing was ever trained, so that no figure hangs on who is on which side."""
        return self._db.row("SELECT 1 FROM sqlite_sequence WHERE name = 'runs'") is None

    def choose_split(self, seed: int, valid_share: float, images: Iterable[ImageRecord]) -> None:
        """Store another seed and share, and the sides and groups that follow from them.

        Raises:
            Conflict: something was trained before, even if its run was deleted since.
        """
        with self.atomic():
            if not self.may_choose_split():
                raise Conflict(
                    "The split stands: something was trained on it.",
                    "Make a new workspace to try another split.",
                )
            settings = [("seed", str(seed)), ("valid_share", str(valid_share))]
            self._db.run_many("INSERT OR REPLACE INTO settings VALUES (?, ?)", settings)
            self._db.run("INSERT INTO settings VALUES ('splitting', '')")  # sides may move now
            self._db.run_many(
                "UPDATE images SET side = ?, side_reason = ?, split_group = ? WHERE id = ?",
                ((i.side, i.side_reason, i.split_group, i.id) for i in images),
            )
            self._db.run("DELETE FROM settings WHERE name = 'splitting'")

    def _setting(self, name: str) -> str:
        row = self._db.row("SELECT value FROM settings WHERE name = ?", [name])
        assert row is not None, f"the migrations write {name}"
        return str(row[0])

    def atomic(self) -> AbstractContextManager[None]:
        """All that happens inside is stored, or none of it; no other process writes meanwhile."""
        return self._db.atomic()

    def close(self) -> None:
        self._db.close()


def open_catalog(workspace: Workspace) -> Catalog:
    """Open the catalog of a workspace, making or upgrading it as needed.

    Raises:
        WorkspaceError: the file is damaged, from a newer version, or cannot be written.
    """
    db = Connection(workspace.catalog_file)
    try:
        migrate(db)
    except BaseException:
        db.close()
        raise
    return Catalog(db)
