"""Where networks compute."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from core.errors import StudioError
from core.models.devices import choose_device


def test_what_is_asked_for_is_taken(settings, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device(replace(settings, device="cpu")) == torch.device("cpu")
    assert choose_device(replace(settings, device="cuda")).type == "cuda"


@pytest.mark.parametrize("card", [None, "cuda", "mps"])
def test_a_graphics_card_is_taken_when_there_is_one(card, settings, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: card == "cuda")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: card == "mps")
    assert choose_device(settings).type == (card or "cpu")


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_said_in_a_sentence(name, settings, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(StudioError, match=f"no {name} device"):
        choose_device(replace(settings, device=name))
