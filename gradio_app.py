"""Serves one exported classifier: picture in, class probabilities out.

python gradio_app.py BUNDLE [--host 127.0.0.1] [--port 7860] [--flagged FOLDER] [--no-page] ...

BUNDLE is a folder, a zip of it, or a repository of the Hugging Face Hub (name/name). The page is
for people, with the endpoints `/classify` and `/classify_batch` for `gradio_client`; other programs
POST a picture to /classify (core/serving/http.py), which answers before the page is loaded.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # no request leaves the machine
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from core.appearance import (
    ACCENT,
    ACCENT_TEXT,
    BACKGROUND,
    FONTS,
    LINE,
    MONO,
    QUIET,
    SURFACE,
    TEXT,
    Tone,
)
from core.errors import StudioError
from core.markdown import plain
from core.serving.answer import Answer
from core.serving.classifier import Classifier, load_classifier
from core.serving.flagged import FlaggedPictures, folder_name
from core.serving.http import application, guarded, listen, run
from core.serving.page_answers import NONE_OF_THESE, PageAnswers
from core.serving.page_door import PageDoor
from core.serving.service import Service
from core.serving.source import card_of, find_bundle
from core.serving.uploads import MOST_AT_ONCE, Uploads
from core.settings import load_settings

# Gradio takes seconds to import, and is not needed to answer programs: it is imported where the
# page is made.
if TYPE_CHECKING:
    import gradio as gr
    from gradio.block_function import BlockFunction
    from gradio.data_classes import ImageData
    from gradio.state_holder import SessionState
    from starlette.applications import Starlette

T = TypeVar("T")
TOP = 5
QUEUE = 64
HOUR_S = 3600
SESSIONS = 1_000
NOT_FOR_THIS = "This is nothing that can be answered here. Choose a picture, and try again."
ANY_NAME = "Any name is answered here. Set TOPLOSS_HOSTS to the names that should be.\n"

FILLS: Mapping[str, Tone] = {
    "body_background_fill": BACKGROUND,
    "background_fill_primary": BACKGROUND,
    "background_fill_secondary": SURFACE,
    "block_background_fill": SURFACE,
    "block_label_background_fill": SURFACE,
    "block_label_text_color": TEXT,
    "block_title_text_color": TEXT,
    "body_text_color": TEXT,
    "body_text_color_subdued": QUIET,
    "block_info_text_color": QUIET,
    "stat_background_fill": ACCENT_TEXT,
    "button_secondary_background_fill": SURFACE,
    "button_secondary_background_fill_hover": LINE,
    "button_secondary_border_color": LINE,
    "button_secondary_text_color": TEXT,
    "border_color_primary": LINE,
    "border_color_accent": ACCENT_TEXT,
    "color_accent_soft": SURFACE,
    "link_text_color": ACCENT_TEXT,
    "button_primary_background_fill": ACCENT,
    "button_primary_background_fill_hover": ACCENT,
    "button_primary_text_color": Tone("#ffffff", "#ffffff"),
}
"""Gradio's names for what is drawn, and the studio's colours for it."""


@dataclass(frozen=True)
class Extras:
    """What a page may have besides its answers: the model card, a place for wrong answers."""

    card: str = ""
    flagged: FlaggedPictures | None = None


def build_demo(classifier: Classifier, extras: Extras = Extras()) -> gr.Blocks:
    """The page and its API: `/classify` and `/classify_batch` answer with every class."""
    return build_page(Service(classifier, load_settings()), extras)


def build_page(service: Service, extras: Extras) -> gr.Blocks:
    """The same over a service that the plain route uses, too."""
    return _page_over(PageAnswers(service, Uploads(service.limits.file_bytes)), extras)


def _page_over(answers: PageAnswers, extras: Extras) -> gr.Blocks:
    import gradio as gr

    service, classifier = answers.service, answers.service.classifier
    # Gradio keeps what is sent, and what it draws, there; it asks for the folder again and again.
    os.environ["GRADIO_TEMP_DIR"] = str(answers.uploads.folder)
    # What visitors send is deleted within two hours, and when the server ends.
    with _guarded(answers.uploads)(title=classifier.name, delete_cache=(HOUR_S, HOUR_S)) as demo:
        gr.Markdown(f"# {plain(classifier.name)}")
        with gr.Tab("One picture"):
            _one_picture(answers, extras.flagged)
        with gr.Tab("Several"):
            _several_pictures(answers)
        if extras.card:
            with gr.Tab("About"):
                gr.Markdown(extras.card)
    demo.queue(max_size=QUEUE, default_concurrency_limit=service.workers)
    # Only then does Gradio look at paths; a page that is mounted never launches.
    demo.has_launched = True
    demo.state_session_capacity = SESSIONS
    return demo


def _guarded(uploads: Uploads) -> type[gr.Blocks]:
    """A page whose events, whatever way they come, name uploads or nothing."""
    import gradio as gr

    class Guarded(gr.Blocks):
        async def preprocess_data(
            self,
            block_fn: BlockFunction,
            inputs: list[Any],
            state: SessionState | None,
            explicit_call: bool = False,
        ) -> list[Any]:
            try:
                checked = [await asyncio.to_thread(uploads.only, value) for value in inputs]
                return await super().preprocess_data(block_fn, checked, state, explicit_call)
            except StudioError as error:
                raise gr.Error(str(error), print_exception=False) from error
            except Exception as error:  # components raise anything on what is not for them
                raise gr.Error(NOT_FOR_THIS, print_exception=False) from error

    return Guarded


def _one_picture(answers: PageAnswers, flagged: FlaggedPictures | None) -> None:
    import gradio as gr

    classifier = answers.service.classifier
    classes = ", ".join(map(plain, classifier.labels))
    gr.Markdown(f"What is in the picture: {classes}?")
    with gr.Row():
        with gr.Column():
            photo, picture = photo_input(), gr.State()
            inputs: list[gr.Image | gr.Audio] = [photo]
            if classifier.sounds:
                inputs.append(gr.Audio(type="filepath", label="Sound", elem_id="sound"))
        with gr.Column():
            answer = label_output()
            unlike = gr.Markdown(visible=False, elem_id="none-of-these", container=True)
            if classifier.has_heat:
                _heat_map(answers, picture)
            if flagged is not None:
                _wrong_answer(answers, picture, flagged)
    gr.Examples([[str(path)] for path in classifier.examples], photo, examples_per_page=12)
    show = _with_messages(partial(_show, answers))
    for one in inputs:
        one.change(show, one, [answer, unlike, picture], api_visibility="private")
    # The label above is cut to the top classes, for the API too: this endpoint is not.
    everything = gr.JSON(visible=False)
    ask = gr.Button(visible=False)
    ask.click(_with_messages(answers.classify), photo, everything, api_name="classify")


def _several_pictures(answers: PageAnswers) -> None:
    import gradio as gr

    files = gr.Files(label=f"Pictures (at most {MOST_AT_ONCE})", elem_id="pictures")
    table = gr.Dataframe(headers=["Picture", "Answer", "Probability"], label="Answers")
    files.change(_with_messages(answers.table), files, table, api_visibility="private")
    everything = gr.JSON(visible=False)
    ask = gr.Button(visible=False)
    ask.click(_with_messages(answers.classify_batch), files, everything, api_name="classify_batch")


def _heat_map(answers: PageAnswers, picture: gr.State) -> None:
    import gradio as gr

    ask = gr.Button("Show the heat map")
    # Without "share", which would send the picture away.
    heat = gr.Image(format="jpeg", buttons=["download", "fullscreen"], visible=False)
    ask.click(_with_messages(partial(_heat, answers)), picture, heat, api_visibility="private")
    picture.change(
        lambda: gr.update(visible=False, value=None), None, heat, api_visibility="private"
    )


def _wrong_answer(answers: PageAnswers, picture: gr.State, flagged: FlaggedPictures) -> None:
    import gradio as gr

    with gr.Accordion("Is this wrong?", open=False):
        gr.Markdown("Say what it is: the picture is kept on this server, to test the next model.")
        right = gr.Dropdown(list(answers.service.classifier.labels), label="It is", value=None)
        keep = gr.Button("Keep it")
        done = gr.Markdown(elem_id="kept")
    act = _with_messages(partial(answers.keep, flagged))
    keep.click(act, [picture, right], done, api_visibility="private")
    picture.change(lambda: (None, ""), None, [right, done], api_visibility="private")


def photo_input() -> gr.Image:
    """An image input that hands over the file as it came, so that the studio's own reader (size
    limits, rotation, messages) is the only one.
    """
    import gradio as gr

    # A file by its path; data in an address would be decoded by Gradio, without limits.
    photo = gr.Image(
        type="filepath",
        image_mode=None,
        sources=["upload", "webcam", "clipboard"],
        label="Picture",
        elem_id="picture",
    )

    def as_it_came(payload: ImageData | None) -> str | None:
        return payload.path if payload is not None else None

    photo.preprocess = as_it_came  # type: ignore[method-assign]  # a subclass would be taken for a custom component
    return photo


def label_output() -> gr.Label:
    """A label for an `Answer`: the top classes, under "None of these" where it is none."""
    import gradio as gr
    from gradio.components.label import LabelData

    answer = gr.Label(num_top_classes=TOP, label="Probability", elem_id="answer")
    top = answer.postprocess

    def with_heading(value: Answer | None) -> object:
        shown = top(dict(value.probabilities.items()) if value else None)
        if value is not None and value.none_of_these and isinstance(shown, LabelData):
            shown.label = NONE_OF_THESE
        return shown

    answer.postprocess = with_heading  # type: ignore[method-assign, assignment]  # the same
    return answer


def _show(answers: PageAnswers, picture: str | None) -> tuple[Answer | None, object, str | None]:
    import gradio as gr

    if not picture:
        return None, gr.update(visible=False), None
    answer = answers.one(picture)
    text = (
        f"**{NONE_OF_THESE}:** this picture is unlike those that the model was trained on. "
        "The probabilities only compare the classes with each other."
    )
    return answer, gr.update(visible=answer.none_of_these, value=text), picture


def _heat(answers: PageAnswers, picture: str | None) -> object:
    import gradio as gr

    drawn, label = answers.heat(picture)
    return gr.update(visible=True, value=drawn, label=f"What speaks for {label}")


def _with_messages(ask: Callable[..., T]) -> Callable[..., T]:
    """The same, with errors as a message on the page and in the API's answer."""
    import gradio as gr

    @wraps(ask)
    def answer(*inputs: object) -> T:
        try:
            return ask(*inputs)
        except StudioError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return answer


def make_page(service: Service, extras: Extras, uploads: Uploads | None = None) -> Starlette:
    """The page as an application of its own; what is sent to it is kept in `uploads`."""
    import gradio as gr
    from fastapi import FastAPI

    uploads = uploads or Uploads(service.limits.file_bytes)
    demo = _page_over(PageAnswers(service, uploads), extras)
    names = [function.api_name for function in demo.fns.values() if function.api_name]
    app = FastAPI(openapi_url=None)
    app.add_middleware(PageDoor, uploads=uploads, names=names, functions=demo.fns)
    return gr.mount_gradio_app(
        app,
        demo,
        path="/",
        theme=page_theme(),
        max_file_size=service.limits.file_bytes,
        footer_links=["api"],
        app_kwargs={"openapi_url": None},
        run_history=False,
        ssr_mode=False,
        show_error=False,
    )


def page_theme() -> gr.themes.Base:
    """The studio's colours and fonts (core/appearance.py), none of which is fetched."""
    import gradio as gr

    soft = gr.themes.Soft(
        primary_hue="teal", secondary_hue="teal", neutral_hue="slate", font=FONTS, font_mono=MONO
    )
    return soft.set(
        color_accent="*link_text_color",  # which has a tone for dark pages, and this has none
        **{name: tone.light for name, tone in FILLS.items()},
        **{f"{name}_dark": tone.dark for name, tone in FILLS.items()},
    )


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    bundle = parser.add_mutually_exclusive_group(required=True)
    bundle.add_argument("bundle", nargs="?", help="folder, zip, or id on the hub")
    bundle.add_argument("--bundle", dest="folder", help="the same")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument("--flagged", type=Path, help="keeps wrong answers (./flagged/NAME)")
    parser.add_argument("--no-flagging", action="store_true", help="keep nothing that is sent")
    parser.add_argument("--int8", action="store_true", help="answer from the 8-bit graph")
    parser.add_argument("--no-page", action="store_true", help="only the routes for programs")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    try:
        bundle = find_bundle(options.bundle or options.folder)
        service = Service(load_classifier(bundle, options.int8), load_settings())
        service.warm_up()
        listening = listen(options.host, options.port)
    except StudioError as error:
        sys.exit(f"{error.message}\n{error.hint}")
    folder = options.flagged or Path("flagged") / folder_name(service.classifier.name)
    flagged = None if options.no_flagging else FlaggedPictures(folder)
    extras = Extras(card_of(bundle), flagged)
    uploads = Uploads(service.limits.file_bytes)
    page = None if options.no_page else partial(make_page, service, extras, uploads)
    sys.stdout.write(f"http://{options.host}:{options.port}\n")
    sys.stdout.flush()

    def tidy() -> None:
        uploads.close()
        if service.classifier.unpacked is not None:
            service.classifier.unpacked.cleanup()

    guard, by_any_name = guarded(application(service, page), options.host, service.settings)
    if by_any_name:
        sys.stderr.write(ANY_NAME)
    run(guard, listening, tidy)


if __name__ == "__main__":
    main()
