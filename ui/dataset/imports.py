"""What came in, and what was skipped and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

import streamlit as st

from core.catalog import Catalog
from core.markdown import plain
from core.records import ImportRecord


def show_imports(catalog: Catalog) -> None:
    imports = list(_bursts_in_one(catalog.images.imports()))
    for record in imports:
        title = f"{plain(record.source)} · {record.added:,} new"
        title += f" · {record.known:,} were there before" if record.known else ""
        title += f" · {record.skipped:,} skipped" if record.skipped else ""
        with st.expander(title, expanded=record is imports[0] and not record.added):
            st.caption(f"{record.at.replace('T', ' ')[:16]} UTC")
            if record.skipped:
                rows = catalog.images.skipped(record.id)
                st.dataframe([{"file": s.path, "why it was skipped": s.reason} for s in rows])
            else:
                st.write("Nothing was skipped.")


def _bursts_in_one(imports: Iterable[ImportRecord]) -> Iterable[ImportRecord]:
    """Each photo of the camera is an import: those of one class in a row, without any that was
    skipped, are one line.
    """
    for (source, single), group in groupby(imports, lambda i: (i.source, _is_shot(i))):
        members = list(group)
        if single:
            newest = members[0]
            yield replace(newest, source=source, added=sum(i.added for i in members))
        else:
            yield from members


def _is_shot(record: ImportRecord) -> bool:
    return record.way == "camera" and not record.skipped and not record.known
