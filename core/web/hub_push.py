"""Pushing a folder to the Hugging Face Hub with the person's own token.

The token is read from the worker's standard input, where `core.jobs.start_job` writes it: so it is
in no argument, no environment, no file and no table. It lives as long as the worker.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from core.context import Context
from core.errors import StudioError
from core.events import Event, Progressed
from core.models.hub import Hub, is_reachable
from core.owned import MARK
from core.serving.layout import CARD, RECORDED
from core.web.hub_target import Push, push_of
from core.web.masking import masked, masked_logs

TOKEN = re.compile(r"[\x21-\x7e]{8,200}")
MEGABYTE = 1_000_000
EVERYBODYS = {CARD, ".gitattributes"}
"""Files that the hub itself puts into a new repository."""
MARKS = {"model": RECORDED, "static": RECORDED, "gradio": f"bundle/{RECORDED}"}
"""A file that tells a repository that was pushed before from one that holds something else."""
STUDIO_MARK = "streamlit_app.py"


def push_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "push"; `args` has "bundle", "kind", "repository" and "private".

    Raises:
        StudioError: it cannot be pushed; why.
    """
    if context.settings.demo:
        raise StudioError("This public demo does not push to the hub.", "Run your own TopLoss.")
    push = push_of(context, args)
    return push_folder(context, push, sys.stdin.readline().strip())


def push_folder(
    context: Context, push: Push, token: str, endpoint: str | None = None
) -> Generator[Event, None, None]:
    """Make the repository if it is new, send the files one by one, and commit them as one change.
    Stopping before the commit leaves the repository as it was.

    Raises:
        StudioError: the token does not do, the hub refuses or cannot be reached, or the repository
            holds something else.
    """
    if not TOKEN.fullmatch(token):
        raise StudioError(
            "There is no token, or it cannot be one.",
            "Make one that may write on huggingface.co/settings/tokens, and paste it.",
        )
    api = HfApi(endpoint=endpoint, token=token)
    try:
        with masked_logs(token):
            yield from _push(context, api, push, endpoint or constants.ENDPOINT)
        return
    except HfHubHTTPError as error:
        failure = refused(error, push, token)
    except StudioError as error:
        failure = error
    except Exception as error:  # noqa: BLE001 - the worker would print it, and the token in it
        failure = _unusable(error, token)
    # Outside of the block: an error that was handled holds the request, and so the token.
    raise StudioError(masked(failure.message, token), masked(failure.hint, token))


def _push(context: Context, api: HfApi, push: Push, endpoint: str) -> Generator[Event, None, None]:
    yield Progressed(0, 0, f"Asking the hub for {push.repository}")
    if not is_reachable(Hub(endpoint)):
        raise StudioError(
            f"{endpoint} cannot be reached.",
            "Connect this machine, or download the zip and upload it from another one.",
        )
    stale = _stale_files(api, push)
    sdk = None if push.sort == "model" else push.kind
    api.create_repo(
        push.repository, repo_type=push.sort, private=push.private, space_sdk=sdk, exist_ok=True
    )
    yield from _send(context, api, push, stale)


def _unusable(error: Exception, token: str) -> StudioError:
    """What went wrong between here and the hub, without the token, even if it is cut."""
    reason = (masked(f"{type(error).__name__}: {error}", token).splitlines() or [""])[0]
    return StudioError(
        f"The hub could not be used ({reason[:300]}).",
        "Check the network and try again: what was sent already is not sent again.",
    )


def _stale_files(api: HfApi, push: Push) -> list[str]:
    """Files of an earlier push that are no more; empty for a new repository.

    Raises:
        StudioError: the repository holds something else.
    """
    try:
        files = set(api.list_repo_files(push.repository, repo_type=push.sort))
    except RepositoryNotFoundError:
        return []
    mark = MARKS.get(push.kind, STUDIO_MARK)
    if files - EVERYBODYS and mark not in files:
        raise StudioError(
            f"{push.repository} holds something else already.", "Choose another name."
        )
    mine = {_path(push, file) for file in _files(push)}
    return sorted(files - mine - EVERYBODYS)


def _send(
    context: Context, api: HfApi, push: Push, stale: list[str]
) -> Generator[Event, None, None]:
    files = _files(push)
    total, sent_bytes = sum(file.stat().st_size for file in files), 0
    additions = [CommitOperationAdd(_path(push, file), file) for file in files]
    for file, addition in zip(files, additions, strict=True):
        if context.stop_requested():
            return
        yield Progressed(sent_bytes // MEGABYTE, total // MEGABYTE + 1, f"Sending {file.name}, MB")
        api.preupload_lfs_files(push.repository, [addition], repo_type=push.sort)
        sent_bytes += file.stat().st_size
    if context.stop_requested():
        return
    yield Progressed(total // MEGABYTE, total // MEGABYTE + 1, "Committing, MB")
    api.create_commit(
        push.repository,
        [*additions, *(CommitOperationDelete(path) for path in stale)],
        commit_message="Pushed from TopLoss",
        repo_type=push.sort,
    )
    yield Progressed(1, 1, "Done")


def _files(push: Push) -> list[Path]:
    files = sorted(file for file in push.folder.rglob("*") if file.is_file())
    return [file for file in files if "__pycache__" not in file.parts and file.name != MARK]


def _path(push: Push, file: Path) -> str:
    return file.relative_to(push.folder).as_posix()


def refused(error: HfHubHTTPError, push: Push, token: str) -> StudioError:
    """What the hub's answer means; a token that it repeats is left out, even if it is cut."""
    status = error.response.status_code
    reason = masked(error.server_message or "no reason", token)[:300]
    if status == 401:
        message, hint = (
            "The hub does not know this token.",
            "Make one that may write on huggingface.co/settings/tokens, and paste it.",
        )
    elif status == 402 or (status == 403 and push.kind in ("gradio", "docker")):
        message, hint = (
            f"The hub refuses a Space with a server ({reason}).",
            "Since 2026 it needs a paid plan; the static page is free.",
        )
    elif status == 403:
        message, hint = (
            f"This token may not write to {push.repository} ({reason}).",
            "Check the owner's name, and that the token may write.",
        )
    else:
        message, hint = f"The hub answered {status} ({reason}).", "Try again later."
    return StudioError(message, hint)
