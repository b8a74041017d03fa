"""CSV that a spreadsheet opens without running anything, and that comes back the same.

A cell that begins with one of `SIGNS` is a formula to a spreadsheet. Such a cell gets an apostrophe
in front, as OWASP advises, and so does one that begins with apostrophes and then such a sign:
`original` takes away exactly what `cell` has put there.
https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

SIGNS = "=+-@\t\r\n＝＋－＠"
_FORMULA = re.compile(f"'*[{re.escape(SIGNS)}]")


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Rows as CSV; cells that are text are neutralised, numbers stay numbers."""
    text = io.StringIO(newline="")
    lines = csv.writer(text)  # with RFC 4180's line ends: with others it leaves "\r" unquoted
    lines.writerows([cell(v) if isinstance(v, str) else v for v in row] for row in rows)
    return text.getvalue()


def cell(text: str) -> str:
    """The text as a cell that no spreadsheet runs."""
    return f"'{text}" if _FORMULA.match(text) else text


def original(text: str) -> str:
    """The text that `cell` made that cell of."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
