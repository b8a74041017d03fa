"""Events come back from what is stored of them as what they were."""

from __future__ import annotations

import json

import pytest

from core.events import (
    BatchEnded,
    BatchHalved,
    CheckpointSaved,
    EpochEnded,
    Event,
    FeaturesComputed,
    LabelsDoubted,
    Progressed,
    RunEnded,
    RunFailed,
    RunResumed,
    RunStarted,
)

EVENTS = (
    Progressed(1, 2, "Reading"),
    RunStarted(3),
    BatchEnded(4, 90, "head", 0.5, 1e-3, 20.0, 7.5),
    BatchHalved(5, 16),
    EpochEnded(6, 1, "head", 0.4, 0.1, 50, 0.3),
    FeaturesComputed(12, 0.5),
    LabelsDoubted(("b", "a")),
    CheckpointSaved(2, 0.1, "best"),
    RunResumed(7, 1, 2),
    RunEnded("stopped"),
    RunFailed("The disk is full.", "Free some space."),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_comes_back_from_json_as_it_was(event: Event) -> None:
    assert type(event).from_payload(json.loads(json.dumps(event.payload()))) == event


def test_all_events_are_tried() -> None:
    assert {type(event) for event in EVENTS} == set(Event.__subclasses__())


def test_what_an_older_version_did_not_write_has_its_default() -> None:
    stored = EpochEnded(6, 1, "head", 0.4, 0.1, 50).payload()
    del stored["train_loss"]
    assert EpochEnded.from_payload(stored).train_loss is None


def test_what_a_newer_version_wrote_besides_is_left_out() -> None:
    assert RunStarted.from_payload({"run_id": 3, "seed": 1}) == RunStarted(3)
