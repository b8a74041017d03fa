"""The list of architectures is what timm says, and can be searched without torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.errors import StudioError
from core.models.hub import Hub
from core.models.listing import EMBEDDED, find, search, weights_of
from core.models.make_list import described
from tests.browser import ROOT

SAMPLED = ("resnet18", "test_vit", "tf_efficientnet_lite0", "levit_128s", "beit3_giant_patch14_224")


@pytest.mark.parametrize("name", SAMPLED)
def test_the_list_says_what_timm_says(name):
    columns = described(name)
    architecture = find(name)
    fixed = "yes" if architecture.fixed else "no"
    listed = (
        architecture.name,
        architecture.family,
        str(architecture.parameters),
        str(architecture.size_px),
        fixed,
    )
    assert (*listed, architecture.repository, " ".join(architecture.tags)) == columns


def test_every_architecture_that_can_classify_is_listed():
    from core.models.guarded_timm import timm

    listed, timms = {a.name for a in search("")}, set(timm.list_models())
    assert listed <= timms
    unlisted = timms - listed
    assert len(unlisted) < 20
    assert "qwen3_vit_88m_enc" in unlisted and described("qwen3_vit_88m_enc") is None


def test_search_finds_by_every_word():
    names = [a.name for a in search("  ResNet  a1_in1k ")]
    assert names[:2] == ["resnet18", "resnet34"]
    assert all("resnet" in a.name or "resnet" in a.family for a in search("resnet"))
    assert search("vit tiny 384") and not search("no such words")
    assert search("mobilenetv3")[0].name.startswith("mobilenetv3")


@pytest.mark.parametrize("name", ["resnet1001", "", "resnet18.nonsense", "../x", "resnet18."])
def test_an_unknown_name_is_said_in_a_sentence(name):
    with pytest.raises(StudioError, match="no architecture"):
        find(name)


def test_a_tag_may_be_named():
    assert find("resnet18.a1_in1k") == find("resnet18")


def test_where_weights_are(tmp_path):
    hub = Hub("http://127.0.0.1:9", tmp_path)
    assert [weights_of(find(name), hub) for name in EMBEDDED] == ["embedded"] * 3
    assert weights_of(find("resnet18"), hub) == "hub"
    assert weights_of(find("beit3_giant_patch14_224"), hub) == "none"
    file = tmp_path / "models--timm--resnet18.a1_in1k" / "snapshots" / "abc" / "model.safetensors"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"weights")
    main = file.parents[2] / "refs" / "main"
    main.parent.mkdir()
    main.write_text("abc")
    assert weights_of(find("resnet18"), hub) == "cached"


def test_pages_can_read_it_without_torch():
    code = """if True:
        import sys
        from core.models.listing import search
        search("resnet")
        assert not {"torch", "timm"} & set(sys.modules)"""
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False
    )
    assert process.returncode == 0, process.stderr
