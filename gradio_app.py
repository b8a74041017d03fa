"""Serves one exported classifier: picture in, class probabilities out.

python gradio_app.py --bundle DIR [--host 127.0.0.1] [--port 7860]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # no request leaves the machine
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import gradio as gr
from gradio.data_classes import ImageData

from core.errors import StudioError
from core.export.classifier import Classifier, load_classifier
from core.markdown import plain
from core.settings import load_settings

TOP = 5


def photo_input() -> gr.Image:
    """An image input that hands over the file as it came, so that the studio's own reader (size
    limits, rotation, messages) is the only one.
    """
    photo = gr.Image(
        type="filepath",
        image_mode=None,
        sources=["upload", "webcam", "clipboard"],
        label="Picture",
        elem_id="picture",
    )
    decode = photo.preprocess

    def as_it_came(payload: ImageData | None) -> str | None:
        if payload is None or not payload.path:  # data in the address instead of an upload
            return decode(payload)
        return payload.path

    photo.preprocess = as_it_came  # a subclass would be taken for a custom component
    return photo


def build_demo(classifier: Classifier) -> gr.Blocks:
    """The page and its API: `/classify` answers with the probability of every class."""
    settings = load_settings()

    def classify(picture: str | None) -> dict[str, float]:
        if picture is None:
            raise gr.Error("There is no picture. Choose one first.", print_exception=False)
        try:
            return classifier.probabilities(Path(picture).read_bytes(), settings)
        except StudioError as error:
            message = f"This file cannot be used: {error.message}. Try another picture."
            raise gr.Error(message, print_exception=False) from error

    def show(picture: str | None) -> dict[str, float] | None:
        return classify(picture) if picture else None

    classes = ", ".join(map(plain, classifier.labels))
    with gr.Blocks(title=classifier.name) as demo:
        gr.Markdown(f"# {plain(classifier.name)}\nWhat is in the picture: {classes}?")
        with gr.Row():
            photo = photo_input()
            answer = gr.Label(num_top_classes=TOP, label="Probability", elem_id="answer")
        photo.change(show, photo, answer, api_visibility="private")
        if classifier.sounds:
            sound = gr.Audio(type="filepath", label="Sound", elem_id="sound")
            sound.change(show, sound, answer, api_visibility="private")
        gr.Examples([[str(path)] for path in classifier.examples], photo, examples_per_page=12)
        # The label above is cut to the top classes, for the API too: this endpoint is not.
        everything = gr.JSON(visible=False)
        gr.Button(visible=False).click(classify, photo, everything, api_name="classify")
    return demo


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, required=True, help="folder of the exported bundle")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7860)
    options = parser.parse_args(arguments)
    try:
        demo = build_demo(load_classifier(options.bundle))
    except StudioError as error:
        sys.exit(f"{error.message}\n{error.hint}")
    try:
        demo.launch(server_name=options.host, server_port=options.port, max_file_size="20mb")
    except OSError:
        sys.exit(
            f"{options.host}:{options.port} cannot be used; something else may be using it.\n"
            "Choose another one with --port."
        )


if __name__ == "__main__":
    main()
