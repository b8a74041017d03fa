"""Pushing: what arrives, what is refused, and that the token is kept nowhere."""

from __future__ import annotations

import base64
import logging
import os
import re
import traceback
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from huggingface_hub import HfApi, constants

from core.errors import StudioError
from core.jobs import log_of, start_job, wait_for
from core.owned import Mark, mark
from core.web.hub_push import push_folder, push_task
from core.web.hub_target import Push, address_of, push_of, valid_repository
from core.web.masking import masked
from tests.browser import free_port
from tests.push_hub import a_hub_to_push_to
from tests.web_bundle import a_bundle

TOKEN = "hf_" + "secret" * 5


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # that protocol is not spoken here
    with a_hub_to_push_to(TOKEN) as state:
        yield state


@pytest.fixture
def mine(context):
    return a_bundle(context.workspace.exports / "quick-1")


@pytest.fixture
def push(mine):
    return Push(mine, "model", "ann/bears", private=True)


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_is_pushed_arrives_whole(context, hub, push):
    expected = {**files_below(push.folder), ".gitattributes": b""}
    mark(push.folder, Mark("bundle", "1"))  # which stays here
    events = list(push_folder(context, push, TOKEN, hub.address))
    files = hub.files["models/ann/bears"]
    assert {**files, ".gitattributes": b""} == expected
    assert hub.kinds["models/ann/bears"]["visibility"] == "private"
    assert events[-1].done == events[-1].total
    assert any("Sending" in event.doing for event in events)
    assert hub.large, "no large file was sent by its own way"


def test_a_second_push_sends_only_what_is_new_and_removes_what_is_gone(context, hub, push):
    list(push_folder(context, push, TOKEN, hub.address))
    hub.asked.clear()
    (push.folder / "examples" / "00-red.jpg").unlink()
    list(push_folder(context, push, TOKEN, hub.address))
    assert "examples/00-red.jpg" not in hub.files["models/ann/bears"]
    assert not [line for line in hub.asked if line.startswith("PUT")]


def test_a_repository_of_something_else_is_left_alone(context, hub, push):
    hub.files["models/ann/bears"] = {"README.md": b"", "years-of-work.bin": b"x"}
    with pytest.raises(StudioError, match="ann/bears holds something else"):
        list(push_folder(context, push, TOKEN, hub.address))
    assert hub.files["models/ann/bears"] == {"README.md": b"", "years-of-work.bin": b"x"}


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("model", 401, "does not know this token"),
        ("model", 403, "may not write to ann/bears"),
        ("gradio", 403, "refuses a Space with a server"),
        ("docker", 402, "refuses a Space with a server"),
        ("model", 500, "answered 500"),
    ],
)
def test_what_the_hub_refuses_is_said_in_a_sentence(kind, status, words, context, hub, push):
    hub.refuse["/api/repos/create"] = status
    with pytest.raises(StudioError, match=words) as error:
        list(push_folder(context, replace(push, kind=kind), TOKEN, hub.address))
    assert TOKEN not in str(error.value) and error.value.__cause__ is None
    assert hub.files == {}


FORMS = {
    "plain": TOKEN,
    "in an address": f"https://ann:{quote(TOKEN, safe='')}@hub/api?token={TOKEN}",
    "every sign percent-encoded": "".join(f"%{ord(sign):02X}" for sign in TOKEN),
    "percent-encoded twice": "".join(f"%25{ord(sign):02x}" for sign in TOKEN),
    "repr": repr({"authorization": f"Bearer {TOKEN}"}),
    "escaped": "".join(f"\\u{ord(sign):04x}" for sign in TOKEN),
    "html": "".join(f"&#{ord(sign)};" for sign in TOKEN),
    "basic": "Basic " + base64.b64encode(f"ann:{TOKEN}".encode()).decode(),
}
"""The token in the forms in which an error may repeat it."""


def readings(text: str) -> list[str]:
    """A text as it is, and decoded in the ways in which a token could be hidden in it."""
    packed = [
        f"{word[: len(word) - (len(word) % 4 == 1)]}=="
        for word in re.findall(r"[A-Za-z0-9+/]{16,}", text)
    ]
    unpacked = [base64.b64decode(word).decode("latin-1") for word in packed]
    plain = [text, unquote(text), unquote(unquote(text)), unescape(text), *unpacked]
    return [*plain, re.sub(r"\\+u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), text)]


def errors_around(error: BaseException | None) -> list[BaseException]:
    """An error, and all that it remembers."""
    if error is None:
        return []
    return [error, *errors_around(error.__cause__), *errors_around(error.__context__)]


@pytest.mark.parametrize("form", FORMS)
def test_a_token_is_said_by_nobody_in_no_form(form, context, hub, push, monkeypatch, caplog):
    assert any(TOKEN in reading for reading in readings(FORMS[form]))

    def fail(*_: object, **__: object) -> None:
        logging.getLogger("huggingface_hub").error("Failed: %s", FORMS[form])
        try:
            raise RuntimeError(FORMS[form])
        except RuntimeError as error:
            logging.getLogger("huggingface_hub").exception("again")
            raise TypeError(f"{'x' * 270} {FORMS[form]}") from error

    monkeypatch.setattr(HfApi, "create_commit", fail)
    with pytest.raises(StudioError, match="could not be used") as caught:
        list(push_folder(context, push, TOKEN, hub.address))
    hub.refuse["/api/repos/create"], hub.says = 500, FORMS[form]
    with pytest.raises(StudioError, match="answered 500") as refusal:
        list(push_folder(context, push, TOKEN, hub.address))
    around = [*errors_around(caught.value), *errors_around(refusal.value)]
    assert len(around) == 2
    texts = [*map(repr, around), caplog.text, *(format_exc(error) for error in around)]
    assert not [r for text in texts for r in readings(text) if TOKEN in r or TOKEN[:12] in r]
    assert "(token)" in refusal.value.message and "(token)" in caplog.text


def format_exc(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def test_what_has_no_token_in_it_is_said_as_it_is():
    assert masked("LFS: 12% of a/b.bin, hf_secretsecret", TOKEN) == (
        "LFS: 12% of a/b.bin, hf_secretsecret"
    )


def test_a_hub_that_repeats_the_token_leaves_it_nowhere(context, mine, hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    monkeypatch.setenv("HF_HUB_VERBOSITY", "debug")
    monkeypatch.setenv("HF_HOME", str(context.settings.home / "hf"))
    hub.refuse["/api/repos/create"], hub.says = 500, " ".join(FORMS.values())
    args = {"bundle": "quick-1", "kind": "model", "repository": "ann/bears", "private": False}
    job = start_job(context.workspace, context.catalog, "push", args, secret=TOKEN)
    job_row = wait_for(context.workspace, context.catalog, job.id, 60)
    assert job_row.state == "failed" and "(token)" in job_row.message
    for path in context.settings.home.rglob("*"):
        if path.is_file():
            text = path.read_bytes().decode("latin-1")
            assert not [r for r in readings(text) if TOKEN in r], path


def test_a_static_page_is_a_static_space(context, hub, push):
    list(push_folder(context, replace(push, kind="static"), TOKEN, hub.address))
    assert hub.kinds["spaces/ann/bears"]["sdk"] == "static"
    assert address_of("ann/bears", "static", "https://hub") == "https://hub/spaces/ann/bears"


def test_no_network_is_said_in_a_sentence(context, push):
    with pytest.raises(StudioError, match="cannot be reached") as error:
        list(push_folder(context, push, TOKEN, f"http://127.0.0.1:{free_port()}"))
    assert TOKEN not in str(error.value)


@pytest.mark.parametrize("token", ["", "short", "has a space in it", "ä" * 30, "x" * 300])
def test_what_cannot_be_a_token_is_not_sent(token, context, hub, push):
    with pytest.raises(StudioError, match="no token"):
        list(push_folder(context, push, token, hub.address))
    assert hub.asked == []


def test_stopping_leaves_the_repository_as_it_was(context, hub, push):
    stopped = replace(context, stop_requested=lambda: True)
    list(push_folder(stopped, push, TOKEN, hub.address))
    assert set(hub.files["models/ann/bears"]) == {".gitattributes"}


@pytest.mark.parametrize("name", ["bears", "/", "a/b/c", "../x", "a/..", "a/b?x", "", "a/-"])
def test_names_that_cannot_be_are_refused(name):
    with pytest.raises(StudioError, match="no name of a repository"):
        valid_repository(name)
    assert valid_repository(" ann-1/my.bears_2 ") == "ann-1/my.bears_2"


def test_only_what_was_written_can_be_pushed(context, mine):
    args = {"bundle": "quick-1", "kind": "static", "repository": "a/b", "private": True}
    with pytest.raises(StudioError, match="not written yet"):
        push_of(context, args)
    with pytest.raises(StudioError, match="nothing of kind"):
        push_of(context, {**args, "kind": "../.."})
    assert push_of(context, {**args, "kind": "model"}).folder == mine


def test_a_public_demo_pushes_nothing(context, mine):
    demo = replace(context, settings=replace(context.settings, demo=True))
    with pytest.raises(StudioError, match="does not push"):
        list(push_task(demo, {"bundle": "quick-1", "kind": "model", "repository": "a/b"}))


def test_the_token_reaches_the_worker_and_is_kept_nowhere(context, mine, hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    monkeypatch.setenv("HF_HOME", str(context.settings.home / "hf"))
    args = {"bundle": "quick-1", "kind": "model", "repository": "ann/bears", "private": False}
    job = start_job(context.workspace, context.catalog, "push", args, secret=TOKEN)
    command = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    for child in command.read_text().split() if command.exists() else ():
        for file in ("cmdline", "environ"):
            assert TOKEN.encode() not in Path(f"/proc/{child}/{file}").read_bytes()
    job_row = wait_for(context.workspace, context.catalog, job.id, 60)
    assert job_row.state == "done", (job_row.message, log_of(context.workspace, job.id).read_text())
    assert "model.onnx" in hub.files["models/ann/bears"]
    for path in context.settings.home.rglob("*"):
        if path.is_file():
            assert TOKEN.encode() not in path.read_bytes(), path
