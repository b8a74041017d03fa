"""A run as JSON, to be repeated: the same JSON on the same data gives the same run."""

from __future__ import annotations

import json
from typing import Any

from core.errors import StudioError
from core.records import Run
from core.training.config import DEFAULT_ARCHITECTURE, TrainConfig

MAX_SIGNS = 10_000
_HINT = "Take the JSON of a run from the Runs page."


def recipe(run: Run) -> str:
    """The kind of the run and its configuration."""
    return json.dumps({"kind": run.kind, "config": dict(run.config)}, indent=2)


def parse_recipe(text: str) -> tuple[str, dict[str, Any]]:
    """The kind of job and its arguments that make such a run.

    Raises:
        StudioError: it is not the JSON of a run, or has options that a run does not have.
    """
    found = _object(text)
    kind, config = found.get("kind"), found.get("config")
    if set(found) != {"kind", "config"} or not isinstance(config, dict):
        raise StudioError('This JSON lacks "kind" or "config", or holds more.', _HINT)
    if kind == "fine-tune":
        return kind, TrainConfig.from_dict(config).to_dict()
    if kind == "quick":
        if not set(config) <= {"architecture"}:
            raise StudioError("A quick model has no option but its architecture.", _HINT)
        name = config.get("architecture", DEFAULT_ARCHITECTURE)
        return kind, {"architecture": TrainConfig(architecture=name).architecture}
    raise StudioError(f"There is no run of the kind {str(kind)[:40]!r}.", _HINT)


def _object(text: str) -> dict[str, Any]:
    if len(text) > MAX_SIGNS:
        raise StudioError("This is too long to be the JSON of a run.", _HINT)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" ({error})" if isinstance(error, json.JSONDecodeError) else ""
        raise StudioError(f"This is not JSON{where}.", _HINT) from error
    if not isinstance(found, dict):
        raise StudioError("This is not the JSON of a run.", _HINT)
    return found
