"""The log of what a person did in a component of the browser, which `oplog.js` keeps there.

Contract (why, in `docs/decisions.md`):
* An operation is painted at once and appended to a log that is component *state* (triggers lose
  events under fast typing). Each has a client id and a number, and the journal stores each once.
* It is `{"cid", "seq", "op", "ids", "label", "was"}` as in `core.review.marks`. `was` is what the
  person saw; it is left out while an undo is on its way, whose result nobody knows yet.
* `data` is always what is stored. The browser lays operations that are not stored yet over it, so a
  refused one disappears by itself, and a component that is mounted again shows the truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent


class OperationLog:
    """A component that sends operations, and the log of one such component in this session."""

    def __init__(self, key: str, style: str, scripts: Sequence[str]) -> None:
        """
        Args:
            key: of the one component on the page, and of its state in the session.
            style, scripts: files beside this one; `oplog.js` comes before the scripts.
        """
        self.key = key
        parts = ((_HERE / part).read_text(encoding="utf-8") for part in ("oplog.js", *scripts))
        self.script = "\n".join(parts)
        self._mount = st.components.v2.component(
            key,
            html='<div class="root"></div>',
            css=(_HERE / style).read_text(encoding="utf-8"),
            js=self.script,
        )

    def sent(self) -> list[Mapping[str, Any]]:
        """Operations that the browser has sent, stored or not, oldest first."""
        value = st.session_state.get(self.key)
        operations = value.get("ops") if isinstance(value, Mapping) else getattr(value, "ops", None)
        return [op for op in operations or [] if isinstance(op, Mapping)]

    def mount(self, data: Mapping[str, Any]) -> None:
        """Draw the component; it is told besides what was handled, as the last number by client."""
        handled: dict[str, int] = {}
        for operation in self.sent():
            client, number = str(operation.get("cid")), operation.get("seq")
            handled[client] = max(handled.get(client, 0), number if isinstance(number, int) else 0)
        self._mount(
            key=self.key,
            data={**data, "handled": handled},
            default={"ops": []},
            on_ops_change=lambda: None,
        )
