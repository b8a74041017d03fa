"""Lists of addresses: pasted, from a text file, from a table."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from core import jobs
from core.context import Context
from core.dataset.fetch import LabelledAddress, file_of
from core.dataset.url_list import MAX_BYTES, keep_list, parse_list
from core.dataset.ways_in import bring_in
from core.errors import StudioError
from tests.builders import picture
from tests.picture_web import Web, body, serve, status

A, B = "https://example.com/a.jpg", "https://example.com/b,c.jpg"


@pytest.fixture
def web() -> Iterator[Web]:
    with serve() as web:
        yield web


@pytest.fixture
def opened(context: Context) -> Context:
    return replace(context, settings=replace(context.settings, open_hosts=frozenset({"127.0.0.1"})))


def test_a_line_is_an_address_of_the_class_that_is_given():
    text = f"\n# bears\n  {A}  \n\n{B}\r\n"
    assert parse_list(text.encode(), " brown  bear ") == [
        LabelledAddress(A, "brown bear"),
        LabelledAddress(B, "brown bear"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        f'url,label\n{A},bear\n"{B}",cat\n',
        f"Label;URL\nbear;{A}\ncat;{B}",
        f"url\tlabel\n{A}\tbear\n{B}\tcat",
        f'\n\nname,"Image_URL",Class\nx,{A},bear\r\ny,"{B}",cat\r\n',
        f'link,category,note\n{A},bear,\n\n"{B}",cat,"a note\nof two lines"\n',
    ],
)
def test_a_table_names_its_columns(text):
    assert parse_list(text.encode()) == [LabelledAddress(A, "bear"), LabelledAddress(B, "cat")]


def test_a_single_column_keeps_addresses_with_any_sign():
    assert parse_list(f"url\n{B}\n{A};v=1".encode(), "bear") == [
        LabelledAddress(B, "bear"),
        LabelledAddress(f"{A};v=1", "bear"),
    ]


def test_rows_without_a_class_are_of_the_one_that_is_given():
    assert parse_list(f"url,label\n{A},\n{A},cat\n{A}".encode(), "bear") == [
        LabelledAddress(A, "bear"),
        LabelledAddress(A, "cat"),
        LabelledAddress(A, "bear"),
    ]


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_codings_of_spreadsheets_are_understood(coding):
    data = f"url;label\n{A};Bär\n".encode(coding)
    assert parse_list(data) == [LabelledAddress(A, "Bär")]


@pytest.mark.parametrize("data", [b"", b" \n\n", b"# only a remark", b"url,label\n", b"\xff\xfe"])
def test_a_list_without_an_address_is_said_in_a_sentence(data):
    with pytest.raises(StudioError, match=r"no address|has no rows"):
        parse_list(data, "bear")


@pytest.mark.parametrize("text", [A, f"{A},bear", f"url,label\n{A},", f"url\n{A}"])
def test_an_address_without_a_class_is_said_with_the_way_out(text):
    with pytest.raises(StudioError, match="No class is given") as error:
        parse_list(text.encode(), "  ")
    assert "url,label" in error.value.hint


def test_too_many_addresses_are_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr("core.dataset.url_list.MAX_ADDRESSES", 3)
    assert len(parse_list(b"http://a.org/\n" * 3, "bear")) == 3
    with pytest.raises(StudioError, match="has 4 addresses; the limit is 3"):
        parse_list(b"http://a.org/\n" * 4, "bear")


def test_a_table_with_an_endless_field_is_said_in_a_sentence():
    with pytest.raises(StudioError, match="no table that can be read"):
        parse_list(b"url,label\n" + b"a" * 200_000, "bear")


def test_a_list_that_is_too_large_is_not_kept(workspace):
    with pytest.raises(StudioError, match="larger than 50 MB"):
        keep_list(workspace, b"a" * (MAX_BYTES + 1))


def brought_in(context: Context, text: str, **args: str) -> dict[str, str]:
    name = keep_list(context.workspace, text.encode())
    args = {"way": "urls", "list": name, "name": "my list", **args}
    for _ in bring_in(context, args):
        pass
    return args


def test_a_list_becomes_pictures_that_know_their_address(opened, web):
    bear, cat = web.at("/1.jpg", picture(seed=1)), web.at("/2.jpg", picture(seed=2))
    page, gone = web.at("/3.jpg", b"\x00\x01 no picture"), web.at("/4.jpg", status("404 No"))
    brought_in(opened, f"url,label\n{bear},bear\n{cat},cat\n{page},cat\n{gone},cat\nfile:///x,cat")
    images = {image.url: image.label for image in opened.catalog.images.all()}
    assert images == {bear: "bear", cat: "cat"}
    (done,) = opened.catalog.images.imports()
    reasons = {s.path: s.reason for s in opened.catalog.images.skipped(done.id)}
    assert (done.source, done.added) == ("my list", 2)
    assert set(reasons) == {"file:///x", gone, page}
    assert reasons[page] == "not a picture that can be opened"
    assert not opened.workspace.downloads.exists()


def test_a_picture_beyond_the_limit_of_pixels_is_skipped(opened, web):
    small, large = web.at("/1.jpg", picture()), web.at("/2.png", picture("PNG", size=(2000, 1000)))
    limits = replace(opened, settings=replace(opened.settings, max_pixels=1_000_000))
    brought_in(limits, f"{small}\n{large}", label="bear")
    (done,) = opened.catalog.images.imports()
    assert ["too many pixels" in s.reason for s in opened.catalog.images.skipped(done.id)] == [True]


def test_stopping_keeps_downloads_and_the_next_start_goes_on(opened, web):
    addresses = [web.at(f"/{n}.jpg", picture(seed=n)) for n in range(3)]
    late = replace(opened, stop_requested=lambda: len(web.requests) >= 3)
    args = brought_in(late, "\n".join(addresses), label="bear")
    assert opened.catalog.images.imports() == []
    is_stored = [file_of(opened.workspace.downloads, a).exists() for a in addresses]
    before = len(web.requests)
    for _ in bring_in(opened, args):
        pass
    assert len(opened.catalog.images.all()) == 3
    assert len(web.requests) - before == is_stored.count(False)


def test_what_a_crash_left_is_used(opened, web):
    address = web.at("/1.jpg", picture())
    file = file_of(opened.workspace.downloads, address)
    file.parent.mkdir(parents=True)
    file.write_bytes(picture())
    brought_in(opened, address, label="bear")
    assert web.requests == []
    assert len(opened.catalog.images.all()) == 1


def test_a_list_that_is_gone_is_said_in_a_sentence(opened):
    for name, sentence in (
        ("gone.list", "reading the list"),
        ("../catalog.sqlite", "cannot be"),
    ):
        with pytest.raises(StudioError, match=sentence):
            list(bring_in(opened, {"way": "urls", "list": name, "name": "x"}))


@pytest.mark.slow
def test_after_a_killed_worker_only_what_is_missing_is_fetched(opened, web, monkeypatch):
    monkeypatch.setenv("TOPLOSS_OPEN_HOSTS", "127.0.0.1")
    go_on = threading.Event()

    def late(out, number):
        go_on.wait(60)
        body(picture(seed=99))(out, number)

    addresses = [web.at(f"/{n}.jpg", picture(seed=n)) for n in range(30)]
    name = keep_list(opened.workspace, "\n".join([*addresses, web.at("/late.jpg", late)]).encode())
    args = {"way": "urls", "list": name, "label": "bear", "name": "my list"}
    job = jobs.start_job(opened.workspace, opened.catalog, "import", args)
    while len(list(opened.workspace.downloads.glob("*.bin"))) < 30:
        threading.Event().wait(0.05)
    os.kill(jobs._children[jobs.log_of(opened.workspace, job.id)].pid, signal.SIGKILL)
    go_on.set()
    assert jobs.wait_for(opened.workspace, opened.catalog, job.id, 60).state == "failed"
    assert opened.catalog.images.all() == []
    again = jobs.start_job(opened.workspace, opened.catalog, "import", args)
    assert jobs.wait_for(opened.workspace, opened.catalog, again.id, 60).state == "done"
    assert len(opened.catalog.images.all()) == 31
    assert sorted(set(web.requests)) == sorted([*(f"/{n}.jpg" for n in range(30)), "/late.jpg"])
    assert len(web.requests) == 32  # the late one twice
