"""Check the JavaScript, for `make check`; scripts of a component as they are joined.

Finds what does not parse, names that nobody defines, and names that nobody uses.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import streamlit as st

ROOT = Path(__file__).parent.parent
STATIC = ROOT / "core" / "web" / "static"
RULES = ("no-undef", "no-unused-vars", "no-redeclare", "no-const-assign", "no-dupe-keys")


def components() -> dict[str, str]:
    """The scripts that `ui` registers with Streamlit, joined, by the component's name."""
    scripts: dict[str, str] = {}

    def register(name: str, *, js: str, **_: Any) -> None:
        assert name not in scripts, f"two components are called {name}"
        scripts[name] = js

    with patch.object(st.components.v2, "component", register):
        for file in sorted((ROOT / "ui").rglob("*.py")):
            if re.search(r"components\.v2\.component\(|OperationLog\(", file.read_text("utf-8")):
                importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    return scripts


def left_out(scripts: Iterable[str]) -> list[str]:
    """Files of JavaScript in `ui` that are no part of any component."""
    joined = "\n".join(scripts)
    files = sorted((ROOT / "ui").rglob("*.js"))
    return [file.name for file in files if file.read_text("utf-8") not in joined]


def complaints(folder: Path) -> str:
    """What is wrong with the scripts of a folder, in words; empty when nothing is."""
    settings = folder / ".oxlintrc.json"
    settings.write_text('{"env": {"browser": true, "es2024": true}}', encoding="utf-8")
    wanted = [word for rule in RULES for word in ("--deny", rule)]
    linter = Path(sys.executable).with_name("oxlint")
    command = [str(linter), "--allow", "all", *wanted, "--format", "unix", "."]
    checked = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    return checked.stdout + checked.stderr if checked.returncode else ""


def main() -> int:
    with TemporaryDirectory() as name:
        folder = Path(name)
        scripts = components()
        for component, script in scripts.items():
            (folder / f"{component}.js").write_text(script, encoding="utf-8")
        for file in STATIC.glob("*.js"):
            (folder / f"static-{file.name}").write_bytes(file.read_bytes())
        wrong = "".join(f"{name} is in no component.\n" for name in left_out(scripts.values()))
        wrong += complaints(folder)
        print(wrong or f"{len(list(folder.glob('*.js')))} scripts are fine.")
        return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
