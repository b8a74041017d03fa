"""Where a bundle comes from."""

from __future__ import annotations

import huggingface_hub
import pytest

from core.errors import StudioError
from core.serving.source import card_of, find_bundle
from tests.builders import image_zip

CARD = "---\nlibrary_name: timm\n---\n\n# Bears\n\n---\n\nThree of them.\n"
BODY = "\n# Bears\n\n---\n\nThree of them.\n"


def test_what_is_on_this_disk_is_taken_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "me" / "bears").mkdir(parents=True)
    assert find_bundle(str(tmp_path)) == tmp_path
    assert find_bundle("me/bears").is_dir()
    assert str(find_bundle("/no/where")) == "/no/where"  # reading it says what is missing


def test_a_repository_is_downloaded_but_only_the_files_of_a_bundle(tmp_path, monkeypatch):
    request = {}

    def download(name, allow_patterns):
        request.update(name=name, files=allow_patterns)
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert find_bundle("me/bears") == tmp_path
    assert request["name"] == "me/bears"
    assert "model.onnx" in request["files"]
    assert not any(name.endswith((".bin", ".pkl", ".py")) for name in request["files"])


def test_a_repository_that_the_hub_does_not_give_is_said(monkeypatch):
    def download(name, allow_patterns):
        raise OSError("404 Client Error\nmuch more")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    with pytest.raises(StudioError, match="404 Client Error") as caught:
        find_bundle("me/bears")
    assert "me/bears" in caught.value.message
    assert "much more" not in caught.value.message
    assert "Check the name" in caught.value.hint


def test_the_card_is_read_from_a_folder_or_a_zip_without_the_hubs_part(tmp_path):
    (tmp_path / "README.md").write_text(CARD, encoding="utf-8")
    assert card_of(tmp_path) == BODY
    members = {"bears/README.md": CARD.encode(), "bears/examples/README.md": b"another"}
    assert card_of(image_zip(tmp_path / "a.zip", members)) == BODY


def test_no_card_is_an_empty_one(tmp_path):
    assert card_of(tmp_path) == ""
    assert card_of(tmp_path / "nowhere.zip") == ""
    (tmp_path / "no.zip").write_bytes(b"no zip")
    assert card_of(tmp_path / "no.zip") == ""
    assert card_of(image_zip(tmp_path / "empty.zip", {"a.txt": b""})) == ""
