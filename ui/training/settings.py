"""The settings of a fine-tuning run: four in front, the others behind "More"."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.models.listing import EMBEDDED, search
from core.training.budget import DEFAULT_MINUTES, MINUTES
from core.training.config import AUGMENTATIONS, PRECISIONS, RESIZES, WEIGHTS, TrainConfig
from ui.glossary import explained

SIZES = [64, 96, 128, 160, 192, 224, 256, 288, 320]
SMALLER = [64, 96, 128, 160, 192]
_KEEP: Any = {"persist_state": "session"}


def ask_for_config() -> TrainConfig:
    """What the person chose; the defaults need no choice at all.

    Raises:
        StudioError: the choices do not go together.
    """
    defaults = {**TrainConfig().to_dict(), "minutes": DEFAULT_MINUTES}
    for name, key in KEYS.items():
        st.session_state.setdefault(key, defaults[name])
    chosen: dict[str, Any] = {"minutes": _minutes()}
    by_hand = not chosen["minutes"]
    left, right = st.columns([3, 2])
    with left:
        chosen["architecture"] = _architecture()
        if by_hand:
            chosen["rate"] = _real("rate", "Learning rate", 1.0, 1e-4, explained("learning rate"))
    with right:
        chosen["size_px"] = st.select_slider(
            "Image size, px", SIZES, key="size_px", help=SIZE_HELP, **_KEEP
        )
        if by_hand:
            chosen["epochs"] = _number("epochs", "Epochs", 0, 1000, "epoch")
    with st.popover("More settings"):
        chosen |= _pictures(by_hand) | _learning(by_hand) | _machine()
    return TrainConfig.from_dict(chosen)


def _minutes() -> float:
    """0 for a run whose epochs are chosen by hand."""
    return st.segmented_control(
        "How long may it take?", (*MINUTES, 0), required=True, key="minutes",
        format_func=lambda m: f"{m} min" if m else "Choose epochs",
        help="Epochs, batch size and learning rate follow from the time, your pictures and how "
        "fast your machine is. Longer is better, up to a point.",
        **_KEEP,
    )  # fmt: skip


SIZE_HELP = "Pictures are made square of this side. Small ones are fast; 224 generally just works."
KEYS = {
    "minutes": "minutes",
    "architecture": "architecture",
    "epochs": "epochs",
    "rate": "rate",
    "size_px": "size_px",
    "resize": "resize",
    "augmentation": "augmentation",
    "mixup": "mixup",
    "oversample": "oversample",
    "smaller_first": "smaller_first",
    "weights": "weights",
    "frozen_epochs": "frozen_epochs",
    "batch_size": "batch",
    "weight_decay": "weight_decay",
    "precision": "precision",
    "seed": "seed",
}
"""Name of the option -> key of its widget in the session."""


def _architecture() -> str:
    others = [a.name for a in search("") if a.name not in EMBEDDED]
    chosen = st.session_state["architecture"]
    listed = [*EMBEDDED, *others]
    return st.selectbox(
        "Architecture",
        listed if chosen in listed else [chosen, *listed],
        key="architecture",
        help=explained("architecture") + " The first three are installed; others of timm are "
        "downloaded when they are used. Type to search.",
        **_KEEP,
    )


def _pictures(by_hand: bool) -> dict[str, Any]:
    st.markdown("**Pictures**")
    chosen = {
        "resize": _one_of("resize", "Made square by", RESIZES, "Cutting, padding or squeezing."),
        "augmentation": _one_of(
            "augmentation", "Augmentation", AUGMENTATIONS, explained("augmentation")
        ),
        "mixup": _real(
            "mixup",
            "Mixup",
            10.0,
            0.1,
            "Blends pairs of pictures and their labels: 0 for none, 0.4 is usual. For long runs.",
        ),
        "oversample": st.toggle(
            "Show small classes as often as large ones", key="oversample", **_KEEP
        ),
    }
    if by_hand:
        chosen["smaller_first"] = tuple(
            sorted(
                st.multiselect(
                    "Smaller sizes first", SMALLER, key="smaller_first", placeholder="none",
                    help="All epochs at these sizes first: they are fast, and go a long way.",
                    **_KEEP,
                )
            )
        )  # fmt: skip
    return chosen


def _learning(by_hand: bool) -> dict[str, Any]:
    st.markdown("**Learning**")
    chosen: dict[str, Any] = {
        "weights": _one_of(
            "weights", "Weights to start from", WEIGHTS, explained("transfer learning")
        ),
        "weight_decay": _real("weight_decay", "Weight decay", 1.0, 0.01, explained("weight decay")),
    }
    if by_hand:
        chosen["frozen_epochs"] = _number(
            "frozen_epochs", "Epochs with only the head", 0, 100, "freeze"
        )
        chosen["batch_size"] = _number("batch", "Batch size", 1, 1024, "batch size")
    return chosen


def _machine() -> dict[str, Any]:
    st.markdown("**Machine**")
    return {
        "precision": _one_of("precision", "Precision", PRECISIONS, explained("half precision")),
        "seed": _number("seed", "Seed", 0, 2**31, None),
    }


def _one_of(key: str, label: str, choices: tuple[str, ...], text: str) -> str:
    return st.segmented_control(label, choices, required=True, key=key, help=text, **_KEEP)


def _number(key: str, label: str, low: int, high: int, term: str | None) -> int:
    text = explained(term) if term else None
    return st.number_input(label, low, high, "min", 1, None, key, text, **_KEEP)


def _real(key: str, label: str, high: float, step: float, text: str) -> float:
    """From 0; what is too low is said when the run is put together."""
    return st.number_input(label, 0.0, high, "min", step, "%g", key, text, **_KEEP)
