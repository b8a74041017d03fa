"""CSV that no spreadsheet runs, and that comes back the same; nobody else writes CSV."""

from __future__ import annotations

import ast
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.csv_text import SIGNS, cell, csv_text, original
from tests.browser import ROOT

DANGEROUS = st.text(st.sampled_from("'=+-@\t\r\n＝＋－＠a \",;"))
ANY = DANGEROUS | st.text()


@given(ANY)
def test_a_cell_comes_back_the_same_and_begins_with_no_sign(text):
    assert original(cell(text)) == text
    assert not cell(text).startswith(tuple(SIGNS))


@given(ANY, ANY)
def test_two_texts_are_never_one_cell(first, second):
    assert (cell(first) == cell(second)) == (first == second)


@given(st.lists(st.lists(ANY, min_size=2, max_size=3), max_size=4))
def test_rows_come_back_the_same(rows):
    lines = csv.reader(io.StringIO(csv_text(rows), newline=""))
    assert [[original(c) for c in line] for line in lines] == rows


@pytest.mark.parametrize(
    ("text", "neutral"),
    [
        ("=1+1", "'=1+1"), ("-cat", "'-cat"), ("@x", "'@x"), ("+", "'+"), ("\t=1", "'\t=1"),
        ("\r", "'\r"), ("'=1", "''=1"), ("''-", "'''-"), ("'cat", "'cat"), ("cat", "cat"),
        ("a=b", "a=b"), ("", ""),
    ],
)  # fmt: skip
def test_what_is_neutralised(text, neutral):
    assert cell(text) == neutral


def test_numbers_stay_numbers():
    assert csv_text([[-1, -0.5, "-1"]]) == "-1,-0.5,'-1\r\n"


def test_nobody_else_writes_csv():
    """`st.dataframe` has a button of its own that saves what it shows; that is the browser's."""
    writers = {"writer", "DictWriter", "to_csv", "write_csv"}
    for folder in ("core", "ui", "pages", "."):
        for file in (ROOT / folder).glob("*.py" if folder == "." else "**/*.py"):
            if file == ROOT / "core" / "csv_text.py":
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and node.attr in writers:
                    raise AssertionError(f"{file.name}:{node.lineno} writes CSV by itself")
                if isinstance(node, ast.ImportFrom) and node.module == "csv":
                    raise AssertionError(f"{file.name}:{node.lineno} imports from csv")
