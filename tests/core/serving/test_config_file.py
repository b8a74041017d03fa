"""What config.json may claim, before anything else of a bundle is read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from core.errors import StudioError
from core.serving.config_file import MAX_SIZE_PX, read_config

OLD = Path(__file__).with_name("bundle_of_format_1")


def claimed(folder: Path, size_px: int) -> Path:
    """The old bundle with another size of pictures; it has no graph that could contradict."""
    shutil.copytree(OLD, folder, dirs_exist_ok=True)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["pretrained_cfg"]["input_size"] = [3, size_px, size_px]
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def test_a_size_up_to_the_limit_is_taken(tmp_path):
    for size_px in (1, 224, MAX_SIZE_PX):
        assert read_config(claimed(tmp_path, size_px)).preprocessing.size_px == size_px


@pytest.mark.parametrize("size_px", [-1, 0, MAX_SIZE_PX + 1, 4096, 10**6])
def test_a_size_beyond_the_limit_is_refused_in_words(size_px, tmp_path):
    with pytest.raises(StudioError, match=f"an input_size of at most {MAX_SIZE_PX} px"):
        read_config(claimed(tmp_path, size_px))
