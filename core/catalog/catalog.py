"""Opening a catalog, and the split's settings."""

from __future__ import annotations

from contextlib import AbstractContextManager

from core.catalog.answers import Answers
from core.catalog.connection import Connection
from core.catalog.images import Images
from core.catalog.jobs import Jobs
from core.catalog.journal import Journal
from core.catalog.lookalikes import Lookalikes
from core.catalog.migrations import migrate
from core.catalog.quality import Qualities
from core.catalog.runs import Runs
from core.catalog.studies import Studies
from core.workspace import Workspace


class Catalog:
    """Everything a workspace knows, except pixels. One per thread of work."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self.images = Images(db)
        self.journal = Journal(db)
        self.answers = Answers(db)
        self.runs = Runs(db)
        self.jobs = Jobs(db)
        self.lookalikes = Lookalikes(db)
        self.quality = Qualities(db)
        self.studies = Studies(db)

    @property
    def seed(self) -> int:
        """Seed of the split; fixed when the workspace is made."""
        return int(self._setting("seed"))

    @property
    def valid_share(self) -> float:
        """Share of new images that goes to the validation side, 0..1."""
        return float(self._setting("valid_share"))

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
