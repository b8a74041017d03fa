"""A network as a folder that timm and the Hugging Face hub read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import nn

from core.models.guarded_timm import timm
from core.models.preprocessing import CROP_MODES, Preprocessing

CONFIG = "config.json"


def write_hub_folder(
    network: nn.Module,
    labels: Sequence[str],
    preprocessing: Preprocessing,
    extra: dict[str, Any],
    folder: Path,
) -> None:
    """Write `model.safetensors` and `config.json`; `extra` goes under its key "toploss".

    Raises:
        OSError: the folder cannot be written.
    """
    timm.models.save_for_hf(
        network, folder, model_config={"label_names": list(labels)}, safe_serialization=True
    )
    (folder / "model.safetensors").chmod(0o644)  # who serves it may be somebody else
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    config["pretrained_cfg"].update(_timm_names(preprocessing))
    # transformers passes both this and the top-level num_classes on, and fails
    config.get("model_args", {}).pop("num_classes", None)
    config["toploss"] = {**extra, "timm": timm.__version__}
    (folder / CONFIG).write_text(json.dumps(config, indent=2), encoding="utf-8")


def _timm_names(preprocessing: Preprocessing) -> dict[str, Any]:
    size_px = preprocessing.size_px
    return {
        "input_size": [3, size_px, size_px],
        "crop_pct": preprocessing.crop_share,
        "crop_mode": CROP_MODES[preprocessing.resize],
        "interpolation": preprocessing.interpolation,
        "mean": list(preprocessing.mean),
        "std": list(preprocessing.std),
    }
