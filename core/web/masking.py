"""Keeping a secret out of what is shown, stored and logged, in whatever form it comes back."""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

MASK = "(token)"


def masked(text: str, secret: str) -> str:
    """The text with `MASK` in place of a secret (ASCII, not empty): plain, percent-encoded, escaped
    as Python, JSON or HTML do it, or in base64.
    """
    plain = "".join(_forms_of_sign(sign) for sign in secret)
    packed = "|".join(re.escape(form) for form in _in_base64(secret))
    return re.sub(f"{plain}|{packed}", MASK, text)


@contextmanager
def masked_logs(secret: str) -> Iterator[None]:
    """Whatever a library logs meanwhile is logged without the secret."""
    make = logging.getLogRecordFactory()

    def make_masked(*args: object, **named: object) -> logging.LogRecord:
        record = make(*args, **named)
        record.msg, record.args = masked(record.getMessage(), secret), ()
        if record.exc_info:
            record.exc_text = masked(logging.Formatter().formatException(record.exc_info), secret)
            record.exc_info = None
        return record

    logging.setLogRecordFactory(make_masked)
    try:
        yield
    finally:
        logging.setLogRecordFactory(make)


def _forms_of_sign(sign: str) -> str:
    """A pattern for one sign; a "%" that was encoded again is "%25"."""
    number = f"(?i:{ord(sign):02x})"
    escaped = rf"%(?:25)*{number}|\\+(?:x|u00){number}|&\#(?:{ord(sign)}|[xX]{number});"
    return rf"(?:{re.escape(sign)}|\\+{re.escape(sign)}|{escaped})"


def _in_base64(secret: str) -> list[str]:
    """What a secret is within something longer in base64, at each of the three places where it may
    begin; the signs that depend on what is around it are left out.
    """
    forms = []
    for before in range(3):
        packed = b64encode(b"\0" * before + secret.encode()).decode().rstrip("=")
        whole = 8 * (before + len(secret)) // 6
        form = packed[(0, 2, 3)[before] : whole]
        forms += [form, form.translate(str.maketrans("+/", "-_"))]
    return forms
