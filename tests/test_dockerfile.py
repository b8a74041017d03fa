"""The Dockerfile, read as a linter would: it cannot be built here."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch
from pathlib import Path

from core.settings import load_settings
from core.web.space import PORT, PYTHON, TORCH_ON_CPU
from core.web_guard import ADDRESSES, answered_hosts

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LINES = [
    line
    for line in re.sub(r"\\\n\s*", " ", TEXT).splitlines()
    if line.strip() and not line.startswith("#")
]
STEPS = [tuple(line.split(maxsplit=1)) for line in LINES]


def all_of(word: str) -> list[str]:
    return [rest for first, rest in STEPS if first == word]


def environment() -> dict[str, str]:
    pairs = (pair.partition("=") for rest in all_of("ENV") for pair in rest.split())
    return {name: value for name, _, value in pairs}


def test_it_starts_from_a_named_python_that_the_pins_accept():
    (base,) = all_of("FROM")
    assert base.startswith(f"python:{PYTHON}-slim-")


def test_everything_runs_as_user_1000():
    words = [first for first, _ in STEPS]
    assert "--uid 1000" in all_of("RUN")[0]
    assert words.index("USER") == words.index("RUN") + 1  # only that user is made by root
    assert all_of("USER") == ["user"]
    assert all(rest.startswith("--chown=user ") for rest in all_of("COPY"))
    assert "sudo" not in TEXT and "ADD" not in words


def test_what_is_copied_and_started_exists():
    for rest in all_of("COPY"):
        source = rest.split()[1]
        assert (ROOT / source).exists(), source
    command = json.loads(all_of("CMD")[0])
    assert command[:2] == ["streamlit", "run"] and (ROOT / command[2]).is_file()


def test_it_listens_where_the_hub_looks():
    command = json.loads(all_of("CMD")[0])
    options = dict(zip(command[3::2], command[4::2], strict=True))
    assert options["--server.address"] == "0.0.0.0"
    assert options["--server.port"] == all_of("EXPOSE")[0] == str(PORT)
    assert int(options["--server.maxUploadSize"]) <= 200


def test_torch_is_that_of_the_studio_for_cpus():
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    (install,) = [rest for rest in all_of("RUN") if "pip install" in rest]
    assert TORCH_ON_CPU in install
    for name in ("torch", "torchvision"):
        version = re.search(rf"^{name}==(\S+)", pins, re.MULTILINE).group(1)
        assert f"{name}=={version}+cpu" in install
    assert "-r requirements.txt" in install


def test_the_home_is_a_volume_and_the_mode_a_demo():
    env = environment()
    assert all_of("VOLUME") == [env["TOPLOSS_HOME"]]
    assert f"mkdir -p {env['TOPLOSS_HOME']}" in " ".join(all_of("RUN"))
    assert load_settings(env).demo


def test_it_answers_by_names_of_the_hub_and_of_this_machine_and_no_others():
    settings = load_settings(environment())
    address = json.loads(all_of("CMD")[0])[4]
    hosts = answered_hosts(address, settings.hosts)
    assert hosts == {"*.hf.space", ADDRESSES}  # None would be any name


def test_nothing_private_or_large_is_sent_to_the_builder():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for name in (".git", ".venv", "exports", "tests", ".mypy_cache", "__pycache__"):
        assert any(fnmatch(name, line.removeprefix("**/")) for line in ignored), name
    for name in ("core", "ui", "pages", ".streamlit", "requirements.txt", "streamlit_app.py"):
        assert not any(fnmatch(name, line.removeprefix("**/")) for line in ignored), name
