"""Tables that somebody made."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dataset import table as tables
from core.dataset.table import LABEL_NAMES, find_column, read_table
from core.errors import StudioError

ROWS = [("a.jpg", "cat"), ("b.jpg", "dog")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("file,label\na.jpg,cat\nb.jpg,dog\n", "a.csv"),
        ("file;label\r\na.jpg;cat\r\n\r\nb.jpg;dog", "a.csv"),
        ("file\tlabel\na.jpg\tcat\nb.jpg\tdog", "a.tsv"),
        ('file|label\n"a.jpg"|"cat"\nb.jpg | dog ', "a.txt"),
        ("\ufefffile,label\na.jpg,cat\nb.jpg,dog", "a.csv"),
        ('{"file": "a.jpg", "label": "cat"}\n\n{"file": "b.jpg", "label": "dog"}', "a.jsonl"),
    ],
)
def test_kinds_of_text(text, name):
    table = read_table(text.encode(), name)
    assert (table.columns, list(table.rows)) == (("file", "label"), ROWS)


def test_a_table_without_column_names_gets_some():
    table = read_table(b"a.jpg,cat\nb.jpg,dog", "a.csv")
    assert (table.columns, list(table.rows)) == (("column 1", "column 2"), ROWS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_encodings_of_spreadsheets(encoding):
    data = "file,label\na.jpg,Käse".encode(encoding)
    assert read_table(data, "a.csv").rows == [("a.jpg", "Käse")]


def test_parquet_with_numbers_gaps_and_columns_that_are_no_text():
    frame = pd.DataFrame(
        {"file": ["a.jpg", None], "label": [3, 4], "box": [[1, 2], [3]], "raw": [b"x", b"y"]}
    )
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    table = read_table(buffer.getvalue(), "a.parquet")
    assert table.columns == ("file", "label", "raw")
    assert list(table.rows) == [("a.jpg", "3", ""), ("", "4", "")]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "a.csv"),
        (b"file,label\n", "a.csv"),
        (b"file\n" + b"x" * 200_000, "a.csv"),
        (b"PAR1 but no more", "a.parquet"),
        (b"[1, 2]", "a.jsonl"),
        (b'{"file": ', "a.jsonl"),
        (b"[" * 100_000, "a.jsonl"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "a.jsonl"),
        (",".join(map(str, range(2000))).encode() + b"\n1", "a.csv"),
    ],
)
def test_what_is_no_table_is_said(data, name):
    with pytest.raises(StudioError) as error:
        read_table(data, name)
    assert "CSV" in error.value.hint


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(tables, "MAX_ROWS", 3)
    with pytest.raises(StudioError, match="more than 3 rows"):
        read_table(b"file,label\n" + b"a.jpg,cat\n" * 5, "a.csv")


def test_short_and_long_rows_and_names_that_are_there_twice():
    table = read_table(b"file,label,label\na.jpg\nb.jpg,dog,x,y", "a.csv")
    assert table.columns == ("file", "label", "label (3)")
    assert list(table.rows) == [("a.jpg", "", ""), ("b.jpg", "dog", "x")]


def test_a_column_that_is_not_there_is_said_with_those_that_are():
    with pytest.raises(StudioError, match="It has: file, label"):
        read_table(b"file,label\na,b", "a.csv").column("class")


def test_columns_are_recognised_by_their_names():
    assert find_column(["File", " Species "], LABEL_NAMES) == " Species "
    assert find_column(["x"], LABEL_NAMES) == ""


CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]))


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_what_pandas_writes_is_read(rows):
    frame = pd.DataFrame([("first", "row"), *rows], columns=["file", "label"])
    table = read_table(frame.to_csv(index=False).encode(), "a.csv")
    assert list(table.rows) == [("first", "row"), *(r for r in rows if any(r))]
