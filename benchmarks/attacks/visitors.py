"""The public demo: what is another visitor's, or the home's, is given to nobody else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page

from benchmarks.attacks.attack import Attack, demand
from benchmarks.attacks.ground import Ground
from benchmarks.attacks.routes import own_addresses, with_everything
from benchmarks.attacks.servers import Server, refused, running, studio
from benchmarks.review_browser import chromium_browser
from core.visitors import NAME
from core.workspace import Workspace

OWN = "/picture/", "/thumbnails/"


def attacks(ground: Ground) -> Iterator[Attack]:
    """Two visitors in browsers of their own, and somebody without any."""
    home = ground.folder.parent / "demo" / "home"
    shutil.copytree(ground.target.folder, home / "sibling", symlinks=True)
    with running(studio(home, TOPLOSS_DEMO="1")) as server, chromium_browser() as browser:
        ann, bob = browser.new_context(), browser.new_context()
        others = _workspace_of(bob, server, home, ground), with_everything(home_of(home, "sibling"))
        mine = _workspace_of(ann, server, home, ground)
        for whose, other in zip(("another visitor's", "the home's"), others):
            for address in own_addresses(other):
                kind = address.split("/")[1]
                yield Attack(f"{whose} {kind}, by nobody", partial(_as_nobody, server, address))
                yield Attack(f"{whose} {kind}, by a visitor", partial(_as, ann, server, address))
        seen = _addresses_on_the_page(ann, server)
        yield Attack("one's own pictures are there", partial(demand, bool(seen), "they are not"))
        for address in seen[:1]:
            for name, changed in _nearly(address, mine):
                yield Attack(f"an address of a page, {name}", partial(_as, bob, server, changed))
        yield Attack("the page of the demo names no workspace", partial(_names, ann, server, mine))
    shutil.rmtree(home)


def home_of(home: Path, name: str) -> Workspace:
    return Workspace(home / name)


def _workspace_of(visitor: BrowserContext, server: Server, home: Path, ground: Ground) -> Workspace:
    """Let somebody come; the workspace they got, filled with pictures of the target."""
    before = set(home.glob("visitor-*"))
    _open(visitor.new_page(), server, "dataset")
    (folder,) = set(home.glob("visitor-*")) - before
    assert NAME.fullmatch(folder.name)
    for name in ("catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"):
        (folder / name).unlink(missing_ok=True)
    shutil.copytree(ground.target.folder, folder, symlinks=True, dirs_exist_ok=True)
    return with_everything(Workspace(folder))


def _open(page: Page, server: Server, path: str) -> None:
    page.goto(f"http://127.0.0.1:{server.port}/{path}")
    page.locator("[data-testid=stSidebar]").wait_for()
    page.locator("h1").first.wait_for()
    page.wait_for_timeout(1500)


def _addresses_on_the_page(visitor: BrowserContext, server: Server) -> list[str]:
    """What the page of a visitor asked for and got, of pictures."""
    page, seen = visitor.pages[0], list[str]()

    def note(response) -> None:
        parts = urlsplit(response.url)
        if response.status == 200 and parts.path.startswith(OWN):
            seen.append(f"{parts.path}?{parts.query}".rstrip("?"))

    page.on("response", note)
    page.get_by_test_id("stSidebar").get_by_role(
        "link", name="Review"
    ).click()  # the session, and so the workspace, stays
    page.wait_for_timeout(5000)
    return seen


def _nearly(address: str, mine: Workspace) -> Iterator[tuple[str, str]]:
    """What an address of one's own page leads to, for somebody who knows nearly all of it."""
    _, route, key, *rest = address.split("/") if address.count("/") > 2 else _split(address)
    for name, guess in (
        ("the last sign another", key[:-1] + ("0" if key[-1] != "0" else "1")),
        ("without its last sign", key[:-1]),
        ("with zeros", "0" * len(key)),
        ("with the workspace's name", mine.name),
        ("with the number of the visitor", mine.name.removeprefix("visitor-")),
        ("with nothing", ""),
    ):
        yield name, "/".join(["", route, guess, *rest])


def _split(address: str) -> list[str]:
    """`/thumbnails/KEY?ids=` as if a slash stood after the key."""
    path, _, query = address.partition("?")
    return [*path.split("/"), f"?{query}"]


def _as_nobody(server: Server, address: str) -> None:
    refused(server.ask(address))


def _as(visitor: BrowserContext, server: Server, address: str) -> None:
    """With the cookies of a visitor."""
    answer = visitor.request.get(f"http://127.0.0.1:{server.port}{address}", timeout=20_000)
    body = answer.body()
    page = b"<html" in body[:2000].lower()  # the studio's own, which holds nothing of anybody
    nothing = answer.status >= 400 or body == b"{}" or page
    demand(nothing, f"answers {answer.status} with {len(body):,} bytes")
    demand(answer.status < 500, f"answers {answer.status}")


def _names(visitor: BrowserContext, server: Server, mine: Workspace) -> None:
    page = visitor.new_page()
    _open(page, server, "dataset")
    text = page.content()
    page.close()
    demand("sibling" not in text, "the page names a workspace of the home")
    demand(str(mine.folder.parent) not in text, "the page says where it runs")
