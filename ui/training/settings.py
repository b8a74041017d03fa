"""The settings of a fine-tuning run."""

from __future__ import annotations

import streamlit as st

from core.training.config import ARCHITECTURES, TrainConfig
from ui.glossary import explained


def ask_for_config() -> TrainConfig:
    """What the person chose; the defaults need no choice at all.

    Raises:
        StudioError: the choices do not go together.
    """
    defaults = TrainConfig()
    with st.popover("Settings"):
        config = {
            "architecture": st.selectbox(
                "Architecture", ARCHITECTURES, key="architecture", help=explained("architecture")
            ),
            "epochs": st.number_input(
                "Epochs", 1, 100, defaults.epochs, key="epochs", help=explained("epoch")
            ),
            "frozen_epochs": st.number_input(
                "Epochs with only the head", 0, 20, defaults.frozen_epochs, key="frozen_epochs"
            ),
            "rate": st.number_input(
                "Learning rate", 1e-6, 1.0, defaults.rate, 1e-4, "%g", "rate", explained("lr")
            ),
            "batch_size": st.number_input(
                "Batch size", 1, 256, defaults.batch_size, key="batch", help=explained("batch size")
            ),
            "size_px": st.select_slider(
                "Image size, px", [96, 128, 160, 192, 224], defaults.size_px, key="size_px"
            ),
            "seed": st.number_input("Seed", 0, 2**31, defaults.seed, key="seed"),
        }
    return TrainConfig.from_dict(config)
