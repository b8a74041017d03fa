"""Writes the list of architectures from timm's registry: `python -m core.models.make_list`.

Pages read the list, since asking timm itself takes seconds, and torch.
"""

from __future__ import annotations

from pathlib import Path

import torch

from core.csv_text import csv_text
from core.files import save_atomically
from core.models.guarded_timm import timm
from core.models.heads import last_linears
from core.models.listing import FILE

CLASSES = 1000
COLUMNS = ("name", "family", "parameters", "size_px", "fixed", "repository", "tags")


def main() -> None:
    """Takes some minutes: every architecture is made once, without memory for its weights."""
    save_atomically(FILE, _write)


def _write(path: Path) -> None:
    rows = [row for row in map(described, timm.list_models()) if row]
    path.write_bytes(csv_text([COLUMNS, *rows]).encode())


def described(name: str) -> tuple[str, ...] | None:
    """The row of an architecture; None when it cannot classify square colour pictures."""
    with torch.device("meta"):  # shapes only
        network = timm.create_model(name, pretrained=False, num_classes=CLASSES)
    config = timm.get_pretrained_cfg(name)
    channels, height, width = config.input_size
    if not last_linears(network) or channels != 3 or height != width:
        return None
    tags = [t.partition(".")[2] for t in timm.list_pretrained(f"{name}.*")]
    return (
        name,
        timm.model_entrypoint(name).__module__.rpartition(".")[2],
        str(sum(parameter.numel() for parameter in network.parameters())),
        str(width),
        "yes" if config.fixed_input_size else "no",
        config.hf_hub_id or "",
        " ".join(sorted(tags, key=lambda tag: tag != config.tag)),
    )


if __name__ == "__main__":
    main()
