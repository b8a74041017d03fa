"""The check of the JavaScript notices what it is there for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import ROOT
from tests.check_javascript import complaints, left_out

FAULTS = {
    "nobody defines it": ("export default () => { draw(); };", "'draw' is not defined"),
    "it does not parse": ("function draw( {", ""),
    "it is there twice": ("const a = 1; const a = 2; export default a;", "a"),
    "nobody uses it": ("const a = 1; export default 2;", "'a' is declared but never used"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_noticed(tmp_path: Path, fault: str) -> None:
    script, words = FAULTS[fault]
    (tmp_path / "part.js").write_text(script, encoding="utf-8")
    text = complaints(tmp_path)
    assert "part.js:1" in text and words in text


def test_what_the_browser_has_is_known(tmp_path: Path) -> None:
    script = "export default () => document.createElement(window.crypto.randomUUID());"
    (tmp_path / "part.js").write_text(script, encoding="utf-8")
    assert complaints(tmp_path) == ""


def test_a_file_of_no_component_is_noticed() -> None:
    assert "gallery.js" in left_out(["const a = 1;"])


def test_all_scripts_are_checked_as_they_are_joined() -> None:
    command = [sys.executable, "-m", "tests.check_javascript"]
    checked = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert int(checked.stdout.split()[0]) >= 10
