"""Working copies that are read again and again, decoded once."""

from __future__ import annotations

from PIL import Image

from core.images.working_copy import read_copy
from core.workspace import Workspace

MAX_BYTES = 300_000_000


class KeptCopies:
    """Decoded working copies, kept as long as there is room: the first ones stay. For threads."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._kept: dict[str, Image.Image] = {}
        self._room = MAX_BYTES

    def read(self, image_id: str) -> Image.Image:
        """The RGB pixels of an image's working copy; not to be changed.

        Raises:
            WorkspaceError: it is gone or cannot be read.
        """
        image = self._kept.get(image_id)
        if image is None:
            image = read_copy(self._workspace, image_id)
            needed = 4 * image.width * image.height  # Pillow keeps RGB in four bytes
            if needed <= self._room:
                self._room -= needed
                self._kept[image_id] = image
        return image
