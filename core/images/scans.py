"""How many scans a JPEG has, told without decoding one.

A decoder works through the whole picture for each scan, and a scan that changes nothing is a few
bytes. A normal file has 1, a progressive one about 10.
"""

from __future__ import annotations

import re

SCAN = b"\xff\xda"
END, TEMPORARY, START = 0xD9, 0x01, 0xD8
MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
"""A marker; none are stuffed zeros, fill bytes and the restarts within a scan."""


def scans_of(jpeg: bytes) -> int:
    """The scans of the first picture: not those of a thumbnail within a segment, nor those of
    further pictures behind it.
    """
    scans, at = 0, 0
    while marker := MARKER.search(jpeg, at):
        (kind,), at = marker[1], marker.end()
        if kind == END:
            break
        scans += kind == SCAN[1]
        if kind >= 0xC0 and kind != START:
            at += int.from_bytes(jpeg[at : at + 2], "big")  # the segment, with these two bytes
    return scans
