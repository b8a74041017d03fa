"""A working copy made smaller for a grid of many."""

from __future__ import annotations

import io

from PIL import Image

SIDE_PX, QUALITY = 160, 80


def thumbnail(copy: bytes) -> bytes:
    """A JPEG of a half, a quarter or an eighth of the size, both sides at least `SIDE_PX`.

    The decoder leaves out what is not needed, which takes 0.6 ms where resizing takes 2. A copy
    that is small already keeps its size; a damaged one comes back as it is: browsers show what
    they can.
    """
    try:
        image = Image.open(io.BytesIO(copy), formats=("JPEG",))
        image.draft("RGB", (SIDE_PX, SIDE_PX))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=QUALITY)
    except Exception:  # noqa: BLE001 - Pillow's decoders raise nearly everything on damaged files
        return copy
    return buffer.getvalue()
