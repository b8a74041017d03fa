"""Imports work in any order, beside any build of torchvision."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.models.guarded_timm import guard_torchvision
from tests.browser import ROOT


@pytest.mark.parametrize(
    "first",
    [
        "import core.models.guarded_timm",
        pytest.param("import core.bundle.writing", marks=pytest.mark.slow),
        pytest.param("import core.training.fine_tune", marks=pytest.mark.slow),
    ],
)
def test_this_can_be_imported_first(first):
    code = f"{first}\nimport timm, torchvision.ops"
    process = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr


def test_guarding_twice_does_no_harm():
    guard_torchvision()
    guard_torchvision()
