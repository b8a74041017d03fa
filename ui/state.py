"""The one typed view of what a browser session remembers: names and ids, never objects."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import streamlit as st

from core.catalog import Catalog, open_catalog
from core.context import Context
from core.errors import StudioError
from core.files import save_atomically, write_atomically
from core.settings import Settings, load_settings
from core.visitors import NAME, mark_seen, new_visitor
from core.workspace import Workspace, open_workspace, workspace_names

DEFAULT = "My first dataset"
_NAME = "workspace"


def settings() -> Settings:
    return load_settings()


def workspace() -> Workspace:
    """The workspace of this browser session: the one chosen last, on this machine if need be; in a
    public demo one of its own.

    Raises:
        StudioError: a public demo has no room for another visitor.
    """
    if settings().demo:
        return _workspace_of_visitor()
    home = settings().home
    name = st.session_state.get(_NAME) or _last_used() or DEFAULT
    st.session_state[_NAME] = name
    return open_workspace(home, name)


def choose_workspace(name: str) -> None:
    """Switch to a workspace, making it if it is new; the next session opens it again.

    Raises:
        StudioError: the name is not usable, the folder cannot be made, or this is a public demo.
    """
    if settings().demo:
        raise StudioError(
            "This public demo has one workspace for each visitor.", "Install TopLoss to have more."
        )
    chosen = open_workspace(settings().home, name)
    for key in [k for k in st.session_state if k != _NAME]:  # answers about another dataset
        del st.session_state[key]
    st.session_state[_NAME] = chosen.name
    write_atomically(settings().home / ".last", chosen.name.encode(), durable=False)


def _workspace_of_visitor() -> Workspace:
    name = str(st.session_state.get(_NAME, ""))
    own = Workspace(settings().home / name)
    if not NAME.fullmatch(name) or not own.folder.is_dir():  # or it was forgotten meanwhile
        own = new_visitor(settings())
        st.session_state[_NAME] = own.name
    mark_seen(own)
    return own


@dataclass(frozen=True)
class _Opened:
    """The catalogs of one run, by the folder of their workspace; closed when `closing` ends."""

    closing: ExitStack
    by_folder: dict[Path, Catalog] = field(default_factory=dict)


_OPENED: ContextVar[_Opened | None] = ContextVar("catalogs of this run", default=None)


@contextmanager
def owned_catalog() -> Iterator[None]:
    """What `catalog` opens inside is closed at the end, however that comes: `st.rerun`, `st.stop`
    and `st.switch_page` are exceptions. One run inside of another, as a fragment in its page,
    leaves that to the outer one.
    """
    if _OPENED.get() is not None:
        yield
        return
    with ExitStack() as closing:
        outside = _OPENED.set(_Opened(closing))
        closing.callback(_OPENED.reset, outside)
        yield


def catalog() -> Catalog:
    """The catalog of this run: opened when first asked for, the same one until the run ends.

    Only inside of `owned_catalog`, which stands around pages, fragments, dialogs and callbacks.
    """
    opened = _OPENED.get()
    assert opened is not None, "nothing would close the catalog: see ui.messages.callback"
    folder = workspace().folder
    if folder not in opened.by_folder:
        opened.by_folder[folder] = open_catalog(workspace())
        opened.closing.callback(opened.by_folder[folder].close)
    return opened.by_folder[folder]


def context() -> Context:
    return Context(workspace(), catalog(), settings())


def _last_used() -> str | None:
    names = workspace_names(settings().home)
    try:
        name = (settings().home / ".last").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        name = ""
    if name in names:
        return name
    return names[0] if names else None


def without_paths(text: str) -> str:
    """A message as it may be shown: visitors of a public demo see nothing of where it runs."""
    if not settings().demo:
        return text
    return text.replace(str(settings().home), "").replace(str(Path.home()), "")


def save_upload(upload: BinaryIO, name: str) -> None:
    """Write an uploaded file to the workspace's uploads, piece by piece.

    Raises:
        WorkspaceError: the disk is full or not writable.
    """

    def save(path: Path) -> None:
        with path.open("wb") as file:
            shutil.copyfileobj(upload, file)

    save_atomically(workspace().uploads / name, save, durable=False)
