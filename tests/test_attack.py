"""The attack on both servers: what it finds, what it puts back, and that it ends."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.attack import attacked, tried
from benchmarks.attacks import FAMILIES, Family
from benchmarks.attacks.attack import Attack, Broken, NotHere, TookTooLong, time_limit
from benchmarks.attacks.ground import Ground, Options
from benchmarks.attacks.guard import Guard
from tests.test_benchmarks import run_benchmark

FAR = 1e9


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    folder = tmp_path / "ground"
    (folder / "canary").mkdir(parents=True)
    (folder / "canary" / "notes.txt").write_text("there", encoding="utf-8")
    (folder / "home").mkdir()
    return Ground(folder, Options(), Guard(folder, tmp_path / "spare"))


def outcome_of(act, ground: Ground, patience_s: float = 5.0):
    return tried(Attack("an attack", act, patience_s), ground, FAR)


def test_what_comes_to_nothing_has_held(ground: Ground) -> None:
    outcome = outcome_of(lambda: "a remark", ground)
    assert (outcome.held, outcome.failure, outcome.remark) == (True, "", "a remark")


@pytest.mark.parametrize("error", [Broken("it gave way"), ValueError("it gave way")])
def test_what_gives_way_is_told(error: Exception, ground: Ground) -> None:
    def act() -> None:
        raise error

    outcome = outcome_of(act, ground)
    assert not outcome.held
    assert "it gave way" in outcome.failure


def test_what_is_not_permitted_is_neither(ground: Ground) -> None:
    def act() -> None:
        raise NotHere("not permitted here")

    outcome = outcome_of(act, ground)
    assert (outcome.permitted, outcome.held, outcome.failure) == (False, False, "")


def test_what_does_not_end_is_ended(ground: Ground) -> None:
    def act() -> None:
        while True:
            try:
                time.sleep(1)
            except Exception:  # noqa: BLE001 - as code that is attacked may do
                continue

    assert "no end within" in outcome_of(act, ground, 0.2).failure


@pytest.mark.parametrize(
    "change",
    [
        lambda canary: (canary / "notes.txt").write_text("gone", encoding="utf-8"),
        lambda canary: (canary / "notes.txt").unlink(),
        lambda canary: (canary / "new" / "deep").mkdir(parents=True),
        lambda canary: (canary / "link").symlink_to("/etc"),
        lambda canary: os.mkfifo(canary / "pipe"),
        lambda canary: canary.rename(canary.with_name("aside")),
    ],
    ids=["changed", "removed", "a new folder", "a link", "a pipe", "renamed"],
)
def test_what_changes_outside_is_found_and_put_back(change, ground: Ground) -> None:
    outcome = outcome_of(lambda: change(ground.canary) and None, ground)
    assert "outside changed" in outcome.failure
    assert ground.guard.changes() == []
    assert (ground.canary / "notes.txt").read_text(encoding="utf-8") == "there"


def test_a_change_inside_the_target_is_none(ground: Ground) -> None:
    (ground.home / "borrowed").mkdir()
    assert ground.guard.changes() == ["home/borrowed"]
    assert ground.guard.changes(ground.home / "borrowed") == []


def test_a_family_that_cannot_begin_has_failed(ground: Ground) -> None:
    def attacks(ground: Ground) -> Iterator[Attack]:
        raise Broken("the server does not start")
        yield

    (outcome,) = attacked(Family("a family", attacks), ground, FAR).outcomes
    assert "the server does not start" in outcome.failure


def test_a_time_limit_ends_with_its_block() -> None:
    with time_limit(0.05):
        pass
    with pytest.raises(TookTooLong), time_limit(0.05):
        while True:
            time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_attack_prints_what_held() -> None:
    done = run_benchmark("--only", "addresses", "--limit", 600, name="attack")

    assert done.returncode == 0, done.stderr
    *table, last = done.stdout.strip().splitlines()
    figures = json.loads(last)
    assert list(figures) == ["tried", "held", "failed"]
    assert figures["tried"] == figures["held"] + len(figures["failed"]) > 59
    assert figures["failed"] == []
    assert any(line.startswith("addresses") for line in table)


def test_every_family_has_one_name() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES) == 15
