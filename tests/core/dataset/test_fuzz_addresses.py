"""Addresses and lists that somebody made up to do harm: with fixed seeds, always the same ones.

The judge is not the code under test: how the C library reads a host as a number, and, for whole
downloads, which numbers the event loop was asked to connect to.
"""

from __future__ import annotations

import asyncio
import random
import socket
from ipaddress import ip_address, ip_network

import pytest

from core.dataset.addresses import checked_address
from core.dataset.fetch import fetch
from core.dataset.one_download import Limits
from core.dataset.url_list import parse_list
from core.errors import PictureError, StudioError

ADDRESSES_PER_SEED, SEEDS = 150, 10
LISTS = 300
RANGES = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
    "::/8", "64:ff9b:1::/48", "100::/64", "2001:db8::/32", "2002::/16", "fc00::/7",
    "fe80::/10", "fec0::/10", "ff00::/8",
)  # fmt: skip
FORBIDDEN = [ip_network(text) for text in RANGES]
NAT64 = ip_network("64:ff9b::/96")
NUMBERS = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1", "8.8.8.8", "100.64.0.1"]
SCHEMES = ["http://", "https://", "HTTP://", "http:/", "http:", "//", "", "ftp://", "file://"]
SCHEMES += ["javascript:", "data:", "gopher://", "http:\\\\", "http://http://", "jar:http://"]
NAMES = ["example.com", "localhost", "a.localhost", "metadata.google.internal", "x", "bücher.de"]
NAMES += ["127.0.0.1.nip.io", "ⓔxample.com", "xn--a.com", "a" * 70 + ".com", "[::1]", "[::]", ""]
NAMES += ["[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[fe80::1%25lo]", "[2001:db8::1]", "[v1.a]"]
USERS = ["", "", "", "me@", "me:you@", "@", "example.com@", "example.com#@", "example.com\\@"]
PORTS = ["", "", ":80", ":443", ":22", ":0", ":-1", ":99999", ":", ":8080", ":80:80", ":٣"]
PATHS = ["", "/", "/1.jpg", "/%00", "/../../etc", "?url=http://127.0.0.1", "#@10.0.0.1", "/ä b"]
ODD = ["\r\n", "\x00", "\t", " ", "\u202e", "。", "％", "@", "\\", "%0d%0a", "\ud800", "²", "/"]


def spelled(rng: random.Random, number: str) -> str:
    """A number in one of the ways in which it can be written."""
    parts = [int(part) for part in number.split(".")]
    value = int(ip_address(number))
    return rng.choice(
        [
            number,
            str(value),
            hex(value),
            oct(value).replace("0o", "0"),
            ".".join(rng.choice([str(p), hex(p), f"0{p:o}", f"{p:03d}"]) for p in parts),
            f"{parts[0]}.{value & 0xFFFFFF}",
            f"{parts[0]}.{parts[1]}.{value & 0xFFFF}",
            f"{number}.",
            f"[::ffff:{number}]",
            f"[::{number}]",
            f"[64:ff9b::{number}]",
            f"[2002:{value >> 16:x}:{value & 0xFFFF:x}::]",
            number.translate({ord("0") + n: ord("０") + n for n in range(10)}),
            number.replace(".", "。"),
            "".join(f"%{ord(sign):02x}" for sign in number),
        ]
    )


def made_up(rng: random.Random) -> str:
    host = spelled(rng, rng.choice(NUMBERS)) if rng.random() < 0.5 else rng.choice(NAMES)
    scheme = "http://" if rng.random() < 0.6 else rng.choice(SCHEMES)
    text = scheme + rng.choice(USERS) + host + rng.choice(PORTS) + rng.choice(PATHS)
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(ODD) + text[at:]
    return text


def is_forbidden(number: str) -> bool:
    address = ip_address(number.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None or address in NAT64:
        address = ip_address(int(address) & 0xFFFFFFFF)
    return any(address in network for network in FORBIDDEN)


def as_number(host: str) -> str | None:
    """What the C library takes the host for, if it takes it for a number: "127.1" is one."""
    try:
        flags = socket.AI_NUMERICHOST
        return str(socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM, flags=flags)[0][4][0])
    except (socket.gaierror, UnicodeError):
        return None


@pytest.mark.parametrize("seed", range(SEEDS))
def test_an_address_ends_in_a_reason_or_is_public(seed):
    rng = random.Random(seed)
    accepted = 0
    for _ in range(ADDRESSES_PER_SEED):
        text = made_up(rng)
        try:
            url = checked_address(text)
        except PictureError as refusal:
            assert refusal.message and refusal.hint
            continue
        accepted += 1
        assert url.scheme in ("http", "https"), ascii(text)
        assert url.raw_user is None and url.raw_password is None, ascii(text)
        assert str(url).isascii() and str(url).isprintable(), ascii(text)
        assert str(checked_address(str(url))) == str(url), ascii(text)
        number = as_number(url.raw_host or "")
        assert number is None or not is_forbidden(number), ascii(text)
    assert 0 < accepted < ADDRESSES_PER_SEED


def test_no_connection_leads_inside_whatever_the_names_say(context, monkeypatch):
    """Names lead to forbidden and to public numbers by turns; nothing leaves this machine."""
    rng = random.Random(0)
    numbers = [rng.choice([*NUMBERS, "::1", "fd00::1", "2606:4700::1111"]) for _ in range(97)]
    real, asked = socket.getaddrinfo, []

    def lookup(host, port, *args, **options):
        if as_number_of(real, host):
            return real(host, port, *args, **options)
        number = numbers[len(asked) % len(numbers)]
        asked.append(host)
        if ":" in number:
            return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (number, port, 0, 0))]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))]

    connected = []

    async def connect(self, sock, address):
        connected.append(address[0])
        raise ConnectionRefusedError("this test connects to nothing")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)
    monkeypatch.setattr("core.dataset.fetch.TICK_S", 5.0)
    addresses = [made_up(rng) for _ in range(300)]
    addresses += [f"http://host{n}.example.com/{n}.jpg" for n in range(100)]
    failed = ended(fetch(context, addresses, Limits(max_bytes=1000, tries=1, back_off_s=0.01)))
    assert set(failed) == set(addresses)
    assert all(failed.values())
    assert connected and asked
    assert not [number for number in connected if is_forbidden(number)]


def as_number_of(lookup, host) -> bool:
    try:
        return bool(lookup(host, 80, flags=socket.AI_NUMERICHOST))
    except (socket.gaierror, UnicodeError):
        return False


def ended(work):
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def made_up_list(rng: random.Random) -> bytes:
    """Lines of all kinds, perhaps below a header, in some coding, perhaps damaged."""
    separator = rng.choice([",", ";", "\t"])
    lines = [rng.choice(["url,label", "label;url", "image_url\tclass", "url", "", "#", "a,b"])]
    for _ in range(rng.randrange(6)):
        cells = [made_up(rng), rng.choice(["bear", "", '"', '"a\nb', " ", "\u202e", "x" * 500])]
        rng.shuffle(cells)
        lines.append(separator.join(cells[: rng.choice([1, 2, 2])]))
    coding = rng.choice(["utf-8", "utf-16", "utf-16-be", "latin-1", "utf-8-sig"])
    data = bytearray(rng.choice(["\n", "\r\n", "\r"]).join(lines).encode(coding, errors="replace"))
    for _ in range(rng.choice([0, 0, 3])):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


@pytest.mark.parametrize("seed", range(3))
def test_a_list_ends_in_a_sentence_or_in_addresses_with_classes(seed):
    rng = random.Random(1000 + seed)
    read = 0
    for _ in range(LISTS // 3):
        data = made_up_list(rng)
        try:
            wanted = parse_list(data, rng.choice(["", "bear"]))
        except StudioError as error:
            assert error.hint
            continue
        read += 1
        assert wanted and all(item.address and item.label for item in wanted)
        assert all(item.label.isprintable() and len(item.label) <= 100 for item in wanted)
    assert 0 < read < LISTS // 3
