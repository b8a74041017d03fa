"""How many small faults in `core` the quick tests notice.

    python -m benchmarks.mutations [--made 60] [--seed 0] [--at-most-seconds S] [--only PART]

Makes that many faults (`benchmarks.faults`), chosen by the seed from all that can be made in
`core`, one after another in a copy of the tree that is thrown away. For each the tests run that
could notice: first those that mirror the file, then those of their folder, then all quick ones;
the first failure ends it. A failure only counts if the same test passes without the fault. A
test that hangs for two minutes has noticed. Prints a line a fault and, last, one JSON line:

    made      faults that were tried; fewer than asked for when the seconds ran out
    noticed   of them, by a test that passes without
    survived  the others: where, what was changed, and the reason, if one is known

`--only core/review` chooses among the faults of a folder or file.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.faults import Fault, choose, faults_of

ROOT = Path(__file__).parent.parent
A_TEST_S = 120
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+?\.py(?:::.*?)?)(?: - .*)?$", re.MULTILINE)
NOT_COPIED = (".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "docs")
EQUIVALENT: dict[tuple[str, str, str], str] = {}
"""(file, was, becomes) -> why no test can tell the difference."""


@dataclass
class Tree:
    """A copy of the repository that may be damaged.

    Attributes:
        trusted: tests that were seen to pass in the copy as it is.
    """

    root: Path
    trusted: set[str] = field(default_factory=set)

    def failing(self, fault: Fault) -> str | None:
        """The test that notices the fault; None if there is none."""
        file = self.root / fault.file
        text = file.read_text(encoding="utf-8")
        for tests in stages(self.root, fault.file):
            _write(file, fault.applied(text))
            failure = self._first_failure(tests)
            _write(file, text)
            if failure is not None and self._passes(failure):
                return failure
        return None

    def _passes(self, test: str) -> bool:
        if test not in self.trusted and self._first_failure([test]) is None:
            self.trusted.add(test)
        return test in self.trusted

    def _first_failure(self, tests: Sequence[str]) -> str | None:
        options = ["-x", "-p", "no:cacheprovider", "--timeout", str(A_TEST_S), "--no-header"]
        command = [sys.executable, "-m", "pytest", *options, *tests]
        done = subprocess.run(
            command, cwd=self.root, capture_output=True, text=True, check=False, env=_environment()
        )
        if done.returncode in (0, 5):  # 5: none of these tests is quick
            return None
        failed = FAILED.search(done.stdout)
        return failed[1] if failed else tests[0]


def _environment() -> dict[str, str]:
    """Without compiled files: two changes within a second leave them with the same date."""
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_PROFILE": "quick"}


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def stages(root: Path, file: str) -> Iterator[list[str]]:
    """Tests to run for a file, the likeliest to notice first; each stage is there."""
    mirrored = Path("tests", file).with_name(f"test_{Path(file).name}")
    if (root / mirrored).is_file():
        yield [mirrored.as_posix()]
    if mirrored.parent != Path("tests/core"):
        yield [mirrored.parent.as_posix()]
    yield ["tests", "-n", "2", "--dist", "loadfile"]


def copy_of_the_tree(folder: Path) -> Tree:
    """What the tests need of this repository, in `folder`."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_COPIED))
    return Tree(folder)


def tried(tree: Tree, faults: Sequence[Fault], at_most_s: float) -> dict[Fault, str | None]:
    """Each fault and the test that noticed it; the first is tried however few the seconds."""
    ends = time.monotonic() + at_most_s
    noticing: dict[Fault, str | None] = {}
    for fault in faults:
        if noticing and time.monotonic() > ends:
            break
        noticing[fault] = tree.failing(fault)
        print(f"{noticing[fault] or 'SURVIVED'}\n    {fault.kind}: {fault}", flush=True)
    return noticing


def figures(noticing: dict[Fault, str | None]) -> dict[str, object]:
    survived = [fault for fault, test in noticing.items() if test is None]
    return {
        "made": len(noticing),
        "noticed": len(noticing) - len(survived),
        "survived": [
            {
                "where": f"{fault.file}:{fault.line}",
                "was": fault.was,
                "becomes": fault.becomes,
                "reason": EQUIVALENT.get((fault.file, fault.was, fault.becomes)),
            }
            for fault in survived
        ],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--made", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--at-most-seconds", type=float, default=float("inf"))
    parser.add_argument("--only", default="core")
    asked = parser.parse_args(arguments)
    within = [fault for fault in faults_of(ROOT) if fault.file.startswith(asked.only)]
    with TemporaryDirectory() as folder:
        tree = copy_of_the_tree(Path(folder) / "tree")
        chosen = choose(within, asked.made, asked.seed)
        print(json.dumps(figures(tried(tree, chosen, asked.at_most_seconds)), ensure_ascii=False))


if __name__ == "__main__":
    main()
