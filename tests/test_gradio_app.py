"""The served classifier, as a program would call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from playwright.sync_api import expect

from core.serving.answer import Answer
from core.serving.classifier import load_classifier
from tests.browser import ROOT, free_port, hand_in, served_classifier, server
from tests.builders import encode, oriented, pattern, recording, tone
from tests.core.serving.test_unpacking import OLD


@pytest.fixture(scope="module")
def client(bundle, tmp_path_factory):
    """A client of a real server over the bundle of six classes."""
    home = tmp_path_factory.mktemp("serving") / "home"
    with served_classifier(bundle, home) as url:
        yield Client(url, verbose=False)


@pytest.fixture
def classify(client, tmp_path):
    """Send a file of these bytes, under this name; the answer."""

    def send(data: bytes, name: str = "picture.jpg") -> dict[str, float]:
        file = tmp_path / name
        file.write_bytes(data)
        return client.predict(handle_file(file), api_name="/classify")

    return send


def test_the_page_is_built_from_a_bundle(bundle):
    from gradio_app import build_demo

    demo = build_demo(load_classifier(bundle))
    assert demo.title == "trained"
    named = [f.api_name for f in demo.fns.values() if f.api_visibility == "public"]
    assert named == ["classify", "classify_batch"]


@pytest.mark.parametrize("sounds", [False, True])
def test_the_page_takes_sounds_when_the_classifier_learned_from_some(bundle, sounds):
    import gradio as gr

    from gradio_app import build_demo

    classifier = load_classifier(bundle)
    classifier = replace(classifier, config=replace(classifier.config, sounds=sounds))
    demo = build_demo(classifier)
    assert any(isinstance(block, gr.Audio) for block in demo.blocks.values()) is sounds


def test_a_sound_is_answered_like_a_picture(classify, bundle):
    answer = classify(recording(tone(440)), "sound.wav")
    assert sum(answer.values()) == pytest.approx(1, abs=1e-3)


def test_every_class_is_answered_as_recorded(classify, bundle):
    recorded = json.loads((bundle / "recorded.json").read_text(encoding="utf-8"))
    for name, expected in list(recorded.items())[:4]:
        answer = classify((bundle / "examples" / name).read_bytes(), "example.jpg")
        assert len(answer) == 6
        assert answer == pytest.approx(expected, abs=1e-3)


def test_a_turned_picture_gets_the_answer_of_the_upright_one(classify):
    upright = pattern((400, 320), seed=5)
    turned = oriented(upright.transpose(Image.Transpose.ROTATE_90), 6, "PNG")
    sideways = encode(upright.transpose(Image.Transpose.ROTATE_90), "PNG")
    expected = classify(encode(upright, "PNG"), "upright.png")
    assert classify(turned, "turned.png") == pytest.approx(expected, abs=1e-3)
    assert classify(sideways, "sideways.png") != pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_pictures_of_every_kind_are_answered(mode, classify):
    format = "JPEG" if mode == "CMYK" else "PNG"
    answer = classify(encode(pattern(mode="RGB").convert(mode), format), f"{mode}.{format.lower()}")
    assert sum(answer.values()) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"this is text", "not a picture"),
        (encode(pattern((400, 300)))[:900], "damaged|cut|truncated"),
    ],
    ids=["text", "cut off"],
)
def test_a_file_that_is_no_picture_is_said_with_its_reason(data, reason, classify):
    with pytest.raises(AppError, match=f"(?i)cannot be used.*({reason})"):
        classify(data)


def test_a_batch_is_answered_in_its_order_with_every_class(client, bundle):
    files = sorted((bundle / "examples").glob("*.jpg"))[:3]
    one_by_one = [client.predict(handle_file(file), api_name="/classify") for file in files]
    together = client.predict([handle_file(file) for file in files], api_name="/classify_batch")
    assert together == one_by_one
    assert [len(answer) for answer in together] == [6, 6, 6]


def test_a_batch_that_is_too_long_is_refused_before_it_is_read(bundle):
    import gradio as gr

    from core.serving.page_answers import MOST_AT_ONCE
    from gradio_app import build_demo

    demo = build_demo(load_classifier(bundle))
    batch = next(f for f in demo.fns.values() if f.api_name == "classify_batch")
    with pytest.raises(gr.Error, match="too many"):
        batch.fn(["/nowhere.jpg"] * (MOST_AT_ONCE + 1))


def test_the_plain_route_answers_as_the_page_does(client, bundle):
    file = sorted((bundle / "examples").glob("*.jpg"))[0]
    with urllib.request.urlopen(f"{client.src}classify", file.read_bytes(), timeout=20) as response:
        plain = json.load(response)
    assert plain == client.predict(handle_file(file), api_name="/classify")
    with urllib.request.urlopen(f"{client.src}health", timeout=20) as response:
        assert json.load(response)["page"] == "ready"


@pytest.mark.parametrize("none_of_these", [False, True])
def test_none_of_these_heads_the_answer_and_keeps_the_classes(none_of_these):
    from gradio_app import label_output

    answer = Answer({f"class {n}": 0.1 for n in range(10)}, 0.5, none_of_these)
    shown = label_output().postprocess(answer)
    assert shown.label == ("None of these" if none_of_these else "class 0")
    assert [c.label for c in shown.confidences] == [f"class {n}" for n in range(5)]


def test_no_picture_is_said(client):
    with pytest.raises(AppError, match="no picture"):
        client.predict(None, api_name="/classify")


def launched(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "gradio_app.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_folder_that_is_no_bundle_ends_with_one_sentence():
    done = launched("--bundle", "/nowhere")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "There is no config.json in /nowhere." in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2


def test_programs_are_answered_without_torch_and_before_gradio(bundle):
    """In a process of its own: here, other tests have imported everything."""
    asked = (
        "import sys, pathlib, gradio_app as app\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "service = app.Service(app.load_classifier(folder), app.load_settings({}))\n"
        "service.warm_up()\n"
        "print(sorted({'torch', 'timm', 'gradio', 'streamlit'} & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", asked, str(bundle)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_a_person_asks_sees_the_heat_map_and_keeps_a_wrong_answer(bundle, page, tmp_path):
    flagged, port, outside = tmp_path / "flagged", free_port(), []
    command = ["gradio_app.py", str(bundle), "--port", str(port), "--flagged", str(flagged)]
    with server(command, tmp_path / "home", f"http://127.0.0.1:{port}") as url:
        page.on(
            "request",
            lambda r: outside.append(r.url) if not r.url.startswith((url, "blob:", "data:")) else 0,
        )
        page.goto(url)
        example = sorted((bundle / "examples").glob("*.jpg"))[0]
        hand_in(page, example)
        recorded = json.loads((bundle / "recorded.json").read_text(encoding="utf-8"))[example.name]
        best = max(recorded, key=recorded.__getitem__)
        expect(page.locator("#answer h2")).to_have_text(best)
        page.get_by_role("button", name="Show the heat map").click()
        expect(page.get_by_text(f"What speaks for {best}")).to_be_visible()
        page.get_by_text("Is this wrong?").click()
        page.get_by_label("It is").click()
        right = next(label for label in load_classifier(bundle).labels if label != best)
        page.get_by_role("option", name=right, exact=True).click()
        page.get_by_role("button", name="Keep it").click()
        expect(page.locator("#kept")).to_contain_text("Kept as")
    (file,) = flagged.rglob("*.jpg")
    assert file.read_bytes() == example.read_bytes()
    assert f",{best}," in (flagged / "metadata.csv").read_text(encoding="utf-8").replace('"', "")
    assert outside == []


def test_the_server_ends_within_seconds_whatever_it_works_on_and_leaves_nothing(tmp_path):
    """Requests wait and are worked on, and a page is open."""
    port, home, temporary = free_port(), tmp_path / "home", tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "gradio_app.py", str(OLD), "--port", str(port)]
    environment = {**os.environ, "TOPLOSS_HOME": str(home), "TMPDIR": str(temporary)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()  # the address: it listens
    url, data = f"http://127.0.0.1:{port}", encode(pattern((4000, 3000)), "PNG")

    def ask(number: int) -> None:
        with suppress(OSError):
            urllib.request.urlopen(f"{url}/classify", data, timeout=60)

    with urllib.request.urlopen(url, timeout=120), ThreadPoolExecutor(30) as callers:
        folders = list(temporary.glob("toploss-page-*"))
        list(map(partial(callers.submit, ask), range(30)))
        urllib.request.urlopen(f"{url}/gradio_api/heartbeat/me", timeout=60)
        process.terminate()
        assert process.wait(20) == 0
    assert len(folders) == 1
    assert list(temporary.glob("toploss-page-*")) == []


@pytest.mark.slow
def test_a_port_that_is_taken_ends_with_one_sentence(bundle, client):
    port = client.src.rstrip("/").rsplit(":", 1)[1]
    done = launched("--bundle", str(bundle), "--port", port)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert f":{port} cannot be used" in done.stderr
