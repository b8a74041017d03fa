"""Settings of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import StudioError
from core.settings import Settings, load_settings


def test_without_variables_everything_has_its_default():
    assert load_settings({}) == Settings(home=Path.home() / "TopLoss")


def test_empty_variables_count_as_unset():
    empty = {"TOPLOSS_HOME": "", "TOPLOSS_MAX_FILE_MB": ""}
    assert load_settings(empty) == load_settings({})


def test_variables_are_read(tmp_path):
    settings = load_settings(
        {
            "TOPLOSS_HOME": str(tmp_path),
            "TOPLOSS_MAX_FILE_MB": "7",
            "TOPLOSS_MAX_MEGAPIXELS": "300",
            "TOPLOSS_MAX_ARCHIVE_MB": "2",
        }
    )
    assert settings == Settings(tmp_path, 7_000_000, 300_000_000, 2_000_000)
    assert settings.cache == tmp_path / ".cache"


def test_the_environment_of_the_process_is_read_by_default(monkeypatch, tmp_path):
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path))
    assert load_settings().home == tmp_path


def test_home_is_an_absolute_path(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert load_settings({"TOPLOSS_HOME": "here"}).home == tmp_path / "here"
    assert load_settings({"TOPLOSS_HOME": "~/there"}).home == Path.home() / "there"


def test_the_home_of_nobody_is_said_in_a_sentence():
    with pytest.raises(StudioError, match="no home folder"):
        load_settings({"TOPLOSS_HOME": "~nobody-of-this-name/x"})


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", " 5", "1e3", "²", "9" * 5000])
@pytest.mark.parametrize("name", ["FILE_MB", "MEGAPIXELS", "ARCHIVE_MB"])
def test_a_limit_that_is_no_positive_number_is_said_in_a_sentence(name, text):
    with pytest.raises(StudioError, match=f"TOPLOSS_MAX_{name}"):
        load_settings({f"TOPLOSS_MAX_{name}": text})


def test_the_device_is_one_of_a_few():
    assert load_settings({"TOPLOSS_DEVICE": "cuda"}).device == "cuda"
    assert load_settings({"TOPLOSS_DEVICE": ""}).device == "auto"
    with pytest.raises(StudioError, match="TOPLOSS_DEVICE"):
        load_settings({"TOPLOSS_DEVICE": "gpu:0;rm"})


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("", set()),
        (" , ", set()),
        ("localhost", {"localhost"}),
        (" A.org,10.0.0.1 ", {"a.org", "10.0.0.1"}),
    ],
)
def test_hosts_are_opened_by_name(text, hosts):
    assert load_settings({"TOPLOSS_OPEN_HOSTS": text}).open_hosts == hosts


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("", set()),
        ("A.org", {"a.org"}),
        (" a.org:8501 , *.b.org:443,fd00::1 ", {"a.org", "*.b.org", "fd00::1"}),
    ],
)
def test_names_of_the_servers_are_added_without_ports(text, hosts):
    assert load_settings({"TOPLOSS_HOSTS": text}).hosts == hosts
    assert load_settings({"TOPLOSS_HOSTS": text, "TOPLOSS_DEMO": "1"}).hosts == hosts


def test_a_space_of_the_hub_is_answered_by_the_name_that_it_is_told():
    environment = {"TOPLOSS_HOSTS": "a.org", "SPACE_HOST": "Me-Bears.hf.space"}
    assert load_settings(environment).hosts == {"a.org", "me-bears.hf.space"}
    assert load_settings(environment).on_hub and not load_settings({}).on_hub


@pytest.mark.parametrize("text", ["*", "https://a.org", "a.org,*", "a.org/x", "me@a.org", "a b"])
def test_a_host_that_is_no_name_is_said_in_a_sentence(text):
    with pytest.raises(StudioError, match="TOPLOSS_HOSTS"):
        load_settings({"TOPLOSS_HOSTS": text})


def test_a_public_demo_takes_less(tmp_path):
    usual, demo = (
        load_settings({"TOPLOSS_HOME": str(tmp_path), "TOPLOSS_DEMO": on}) for on in ("0", "1")
    )
    assert demo.demo and not usual.demo
    for name in ("max_file_bytes", "max_pixels", "max_archive_bytes", "max_pictures", "max_jobs"):
        assert getattr(demo, name) < getattr(usual, name), name
    assert demo.max_job_s < usual.max_job_s and demo.idle_s < usual.idle_s
    raised = load_settings({"TOPLOSS_DEMO": "1", "TOPLOSS_MAX_FILE_MB": "20"})
    assert raised.max_file_bytes == 20_000_000


@pytest.mark.parametrize("text", ["yes", "true", "2", " 1"])
def test_a_switch_is_0_or_1(text):
    with pytest.raises(StudioError, match="TOPLOSS_DEMO"):
        load_settings({"TOPLOSS_DEMO": text})
