"""Attack both servers and a workspace on this machine, as a hostile visitor would.

    python -m benchmarks.attack [--only FAMILY ...] [--seconds 60] [--clients 200] [--limit 7200]

Makes a home of its own with workspaces of generated pictures, trains and exports by the real jobs,
starts the real studio and the real served app on loopback, and attacks them. After each attack
everything outside of what was attacked must be the same byte for byte. What was started is ended,
and all ends by itself after `--limit` seconds. Linux only (it reads /proc).

routes      every route of the studio: traversal, encodings, other names, links
visitors    the public demo: another visitor's pictures, numbers, ids, and the home's workspaces
hosts       foreign names of the host and origins, HTTP and WebSocket, and headers, both servers
endpoints   all that Gradio publishes: paths, links, devices, addresses, state of other events
names       of runs, workspaces, bundles, labels and files: rename, export, web, take out, delete
markup      eight labels, names, notes with markup on ten pages, in a browser
jobs        arguments of every task
bundles     damaged ones: served, or refused in words
archives    links, devices, bombs, traversal
addresses   spellings of private addresses, redirects, names that lead elsewhere the second time
pictures    scans without end, decoded sizes, bombs of each format, to both servers
tables      cells that a spreadsheet runs, hostile tables
disks       a full and a read-only disk, in a namespace of their own
kills       workers, studios, studios during marks, a worker that stands still
floods      many clients at once, for a while, both servers

Prints a table, what failed, and, last, one JSON line:

    tried, held          attacks, and how many came to nothing
    failed               "family: name" of the others

An attack that this machine does not permit is named in the table and counts as neither. The exit
code is 0 whatever was found.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.attacks import FAMILIES, Family
from benchmarks.attacks.attack import (
    Attack,
    Broken,
    NotHere,
    Outcome,
    TookTooLong,
    demand,
    time_limit,
)
from benchmarks.attacks.ground import Ground, Options, lay_out
from benchmarks.attacks.servers import kill_all

LIMIT_S, GETTING_READY_S = 7200.0, 600.0


@dataclass
class Told:
    """A family's outcomes."""

    family: str
    outcomes: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # tidies up first
    deadline = time.monotonic() + options.limit
    chosen = [family for family in FAMILIES if family.name in (options.only or _names())]
    told = []
    with TemporaryDirectory(prefix="toploss-attack-", ignore_cleanup_errors=True) as folder:
        try:
            ground = _ground(Path(folder), options, any(f.needs_model for f in chosen))
            told = [attacked(family, ground, deadline) for family in chosen]
        finally:
            kill_all(Path(folder))
    print(_table(told))
    print(json.dumps(_figures(told)))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attack")
    parser.add_argument("--only", nargs="+", choices=_names(), metavar="FAMILY")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each flood")
    parser.add_argument("--clients", type=int, default=200, help="of each flood")
    parser.add_argument("--kills", type=int, default=30, help="of workers; others are fewer")
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds for all of it")
    parser.add_argument("--seed", type=int, default=0, help="of the moments of kills")
    return parser.parse_args(arguments)


def _names() -> list[str]:
    return [family.name for family in FAMILIES]


def _ground(folder: Path, options: argparse.Namespace, trained: bool) -> Ground:
    share = options.kills / 30
    width = Options(
        options.seconds,
        options.clients,
        options.kills,
        round(5 * share),
        round(10 * share),
        options.seed,
    )
    (folder / "ground").mkdir()
    return lay_out(folder / "ground", folder / "spare", width, trained)


def attacked(family: Family, ground: Ground, deadline: float) -> Told:
    """All attacks of a family, as far as the time reaches."""
    told, started = Told(family.name), time.monotonic()
    attacks = family.attacks(ground)
    try:
        for attack in _one_by_one(attacks, told, deadline):
            told.outcomes.append(tried(attack, ground, deadline))
            _progress(family.name, told.outcomes[-1])
    finally:
        attacks.close()  # type: ignore[attr-defined]
    told.seconds = time.monotonic() - started
    print(_row(told), file=sys.stderr, flush=True)
    return told


def _one_by_one(attacks: Iterator[Attack], told: Told, deadline: float) -> Iterator[Attack]:
    """The attacks; a family that cannot be got ready is an outcome of its own."""
    started = time.monotonic()
    while True:
        try:
            with time_limit(min(GETTING_READY_S, deadline - time.monotonic())):
                attack = next(attacks, None)
        except (Exception, TookTooLong) as error:  # noqa: BLE001 - told; the next family is tried
            seconds, why = time.monotonic() - started, f"{type(error).__name__}: {error}"
            told.outcomes.append(Outcome("getting ready", seconds, why))
            return
        if attack is None:
            return
        yield attack


def tried(attack: Attack, ground: Ground, deadline: float) -> Outcome:
    """What comes of an attack; what it changed outside is said, and put back."""
    started, remark, permitted, failure = time.monotonic(), "", True, ""
    try:
        with time_limit(min(attack.patience_s, deadline - started)):
            remark = attack.act() or ""
        changes = ground.guard.changes()
        demand(not changes, f"{len(changes)} paths outside changed, first {changes[:1]}")
    except Broken as broken:
        failure = str(broken)
    except NotHere as reason:
        remark, permitted = str(reason), False
    except TookTooLong as late:
        failure = str(late)
    except Exception as error:  # noqa: BLE001 - told, and the next one is tried
        failure = f"the attack itself broke: {type(error).__name__}: {error}"
    if failure:
        ground.guard.restore()
    return Outcome(attack.name, time.monotonic() - started, failure, remark, permitted)


def _progress(family: str, outcome: Outcome) -> None:
    if outcome.failure or outcome.remark:
        said = f"{family}: {outcome.name}: {outcome.failure or outcome.remark}"
        print(said[:300], file=sys.stderr, flush=True)


def _table(told: Sequence[Told]) -> str:
    lines = [f"{'family':<11}{'tried':>6}{'held':>6}{'seconds':>9}  first that failed, and remarks"]
    for family in told:
        lines.append(_row(family))
        lines += [f"{'':34}{o.name}: {o.remark}"[:200] for o in family.outcomes if o.remark]
    return "\n".join(lines) + "\n"


def _row(told: Told) -> str:
    failed = [outcome for outcome in told.outcomes if outcome.failure]
    counted = sum(outcome.permitted for outcome in told.outcomes)
    held = sum(outcome.held for outcome in told.outcomes)
    first = f"{failed[0].name}: {failed[0].failure}" if failed else ""
    row = f"{told.family:<11}{counted:>6}{held:>6}{told.seconds:>9.0f}  {first}"
    return " ".join(row.split("\n"))[:200].rstrip()


def _figures(told: Sequence[Told]) -> dict[str, object]:
    outcomes = [(family.family, outcome) for family in told for outcome in family.outcomes]
    return {
        "tried": sum(outcome.permitted for _, outcome in outcomes),
        "held": sum(outcome.held for _, outcome in outcomes),
        "failed": [f"{family}: {outcome.name}" for family, outcome in outcomes if outcome.failure],
    }


if __name__ == "__main__":
    main()
