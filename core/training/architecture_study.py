"""Which architecture is best for these pictures: each is tried on the same ones, and timed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from core.context import Context
from core.errors import StudioError
from core.events import Event, Progressed, RunFailed, RunStarted
from core.models.architectures import pretrained
from core.models.devices import choose_device
from core.models.embedder import Embedder
from core.models.listing import find
from core.training.architecture_results import Candidate
from core.training.config import TrainConfig
from core.training.fine_tune import fine_tune
from core.training.quick import features_of, fit_on_training_side
from core.training.training_set import TrainingSet, training_set

MAX_ARCHITECTURES = 30
REPEATS, BUDGET_S = 9, 2.0
log = logging.getLogger("toploss")
Trial = Generator[Event, None, Candidate | None]


@dataclass(frozen=True)
class Question:
    """What is asked: these architectures, and whether each is fine-tuned as well."""

    architectures: tuple[str, ...]
    fine_tune: bool = False
    epochs: int = 3


def architectures_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "architectures"."""
    names = tuple(dict.fromkeys(map(str, args["architectures"])))
    question = Question(names, bool(args.get("fine_tune")), int(args.get("epochs", 3)))
    return compare_architectures(context, question)


def compare_architectures(context: Context, question: Question) -> Iterator[Event]:
    """Try one architecture after the other; what is known so far is stored after each. One that
    fails says why and does not end the others.

    Raises:
        StudioError: there is nothing to try, or nothing to try it on.
    """
    if not 0 < len(question.architectures) <= MAX_ARCHITECTURES:
        raise StudioError(
            f"{len(question.architectures)} architectures cannot be compared.",
            f"Choose 1 to {MAX_ARCHITECTURES}.",
        )
    data, studies = training_set(context), context.catalog.studies
    study = studies.create("architectures", asdict(question), context.job_id)
    known: list[Candidate] = []
    for number, name in enumerate(question.architectures, 1):
        place = f"{name}, {number} of {len(question.architectures)}"
        for trial in _trials(context, question, data, name):
            found = yield from _named(place, _kept_going(name, trial))
            if found is None or context.stop_requested():
                return
            known.append(found)
            studies.store(study, [asdict(candidate) for candidate in known])
            if found.error:
                break


def _trials(
    context: Context, question: Question, data: TrainingSet, name: str
) -> Iterable[tuple[str, Callable[[], Trial]]]:
    yield "frozen features", lambda: _frozen(context, data, name)
    if question.fine_tune:
        yield "fine-tuned", lambda: _fine_tuned(context, data, name, question.epochs)


def _kept_going(name: str, trial: tuple[str, Callable[[], Trial]]) -> Trial:
    """A trial that ends in a candidate however it goes."""
    how, start = trial
    try:
        return (yield from start())
    except StudioError as error:
        return Candidate(name, how, _parameters(name), error=str(error))
    except Exception as error:
        log.exception("%s failed", name)
        reason = f"Something unexpected went wrong ({type(error).__name__})."
        return Candidate(name, how, _parameters(name), error=reason)


def _named(place: str, trial: Trial) -> Trial:
    """The same, saying which architecture it is about."""
    while True:
        try:
            event = next(trial)
        except StopIteration as ended:
            return ended.value
        if isinstance(event, Progressed):
            doing = f"{place}: {event.doing[:1].lower()}{event.doing[1:]}"
            event = Progressed(event.done, event.total, doing)
        yield event


def _frozen(context: Context, data: TrainingSet, name: str) -> Trial:
    """A linear head on frozen features, as the quick model has it."""
    parameters = find(name).parameters
    store = yield from features_of(context, name, data)
    if context.stop_requested():
        return None
    yield Progressed(0, 0, "Fitting the head")
    head = fit_on_training_side(data, store)
    probs_nc = head.probabilities(store.get(data.valid.image_ids)[:, :1])
    yield Progressed(0, 0, "Measuring the time")
    one_ms, batch_ms = times_ms(context, name)
    right = _marks(probs_nc.argmax(1) == data.valid.labels_n)
    return Candidate(name, "frozen features", parameters, right, one_ms, batch_ms)


def _fine_tuned(context: Context, data: TrainingSet, name: str, epochs: int) -> Trial:
    """A whole run, which is on the Runs page afterwards."""
    config = TrainConfig(architecture=name, size_px=find(name).size_px, epochs=epochs)
    run_id = 0
    try:
        for event in fine_tune(context, config):
            run_id = event.run_id if isinstance(event, RunStarted) else run_id
            yield event
    except Exception as error:
        said = (error.message, error.hint) if isinstance(error, StudioError) else (str(error), "")
        if run_id:
            context.catalog.runs.end(run_id, RunFailed(*said))
        raise
    if context.stop_requested():
        return None
    answers = context.catalog.runs.predictions(run_id, "final")
    row = {image_id: k for k, image_id in enumerate(answers.image_ids)}
    rows = [row[image_id] for image_id in data.valid.image_ids]
    right = _marks(answers.probs_nc[rows].argmax(1) == data.valid.labels_n)
    times = times_ms(context, name)
    return Candidate(name, "fine-tuned", find(name).parameters, right, *times)


def times_ms(context: Context, name: str) -> tuple[float, float]:
    """Milliseconds for one picture by itself through torch, and for a picture with its mirror
    image in the batches of the quick model.
    """
    device = choose_device(context.settings)
    embedder = Embedder(name, context.settings.cache, device)
    side = embedder.preprocessing.size_px
    network = pretrained(name, 2).eval().to(device)
    image = torch.zeros(1, 3, side, side, device=device)
    crops = np.zeros((embedder.batch, side, side, 3), np.uint8)
    with torch.no_grad():
        one_ms = _shortest_ms(lambda: network(image).cpu())
    return one_ms, _shortest_ms(lambda: embedder.embed(crops)) / embedder.batch


def _shortest_ms(work: Callable[[], object]) -> float:
    work()  # the first time is longer
    taken: list[float] = []
    while not taken or (len(taken) < REPEATS and sum(taken) < BUDGET_S):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return 1000 * min(taken)  # whatever else the machine does only adds


def _marks(right_n: np.ndarray) -> str:
    return "".join("1" if right else "0" for right in right_n)


def _parameters(name: str) -> int:
    try:
        return find(name).parameters
    except StudioError:
        return 0
