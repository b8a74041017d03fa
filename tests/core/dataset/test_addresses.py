"""Which addresses may be fetched."""

from __future__ import annotations

import socket

import pytest

from core.dataset.addresses import InsideAddress, checked_address, is_public, public_socket
from core.errors import PictureError

INSIDE = "own network"
SPELLED = "spelled in an unusual way"
NAME = "a name inside a network"
ODD = "not a name that can be"
CONTROL = "control character"
REFUSED = {
    "": "does not begin with http",
    "example.com/1.jpg": "does not begin with http",
    "//example.com/1.jpg": "does not begin with http",
    "javascript:alert(1)": "does not begin with http",
    "file:///etc/passwd": "does not begin with http",
    "data:image/png;base64,AAAA": "does not begin with http",
    "ftp://example.com/1.jpg": "does not begin with http",
    "gopher://example.com/1": "does not begin with http",
    "http://": "names no host",
    "http:///1.jpg": "names no host",
    "http://me:secret@example.com/": "name or password",
    "http://me@example.com/": "name or password",
    "http://127.0.0.1#@example.com/": INSIDE,
    "http://127.0.0.1": INSIDE,
    "http://127.0.0.1./": INSIDE,
    "http://127.255.255.254:8080/": INSIDE,
    "http://１２７.0.0.1/": INSIDE,
    "http://127。0。0。1/": INSIDE,
    "http://10.1.2.3/": INSIDE,
    "http://172.31.0.1/": INSIDE,
    "http://192.168.1.1/": INSIDE,
    "http://169.254.169.254/latest/meta-data/": INSIDE,
    "http://168.63.129.16/metadata": INSIDE,
    "http://100.100.100.200/": INSIDE,
    "http://100.64.0.1/": INSIDE,
    "http://0.0.0.0/": INSIDE,
    "http://0.1.2.3/": INSIDE,
    "http://224.0.0.1/": INSIDE,
    "http://255.255.255.255/": INSIDE,
    "http://198.18.0.1/": INSIDE,
    "http://[::1]/": INSIDE,
    "http://[::]/": INSIDE,
    "http://[::ffff:127.0.0.1]/": INSIDE,
    "http://[::ffff:a9fe:a9fe]/": INSIDE,
    "http://[::127.0.0.1]/": INSIDE,
    "http://[64:ff9b::127.0.0.1]/": INSIDE,
    "http://[64:ff9b:1::127.0.0.1]/": INSIDE,
    "http://[2002:7f00:1::]/": INSIDE,
    "http://[3fff::1]/": INSIDE,
    "http://[fd00:ec2::254]/": INSIDE,
    "http://[fe80::1]/": INSIDE,
    "http://[fec0::1]/": INSIDE,
    "http://[ff02::1]/": INSIDE,
    "http://2130706433/": SPELLED,
    "http://0177.0.0.1/": SPELLED,
    "http://017700000001/": SPELLED,
    "http://0x7f000001/": SPELLED,
    "http://0x7f.0.0.1/": SPELLED,
    "http://127.1/": SPELLED,
    "http://127.0.1/": SPELLED,
    "http://127.0.0.1.1/": SPELLED,
    "http://localhost/": NAME,
    "http://localhost./": NAME,
    "http://me.localhost/": NAME,
    "http://metadata.google.internal/": NAME,
    "http://printer.local/": NAME,
    "http://router/": NAME,
    "http://a..example.com/": ODD,
    "http://exa mple.com/": ODD,
    "http://%31%32%37.0.0.1.example.com/": ODD,
    "http://example.com%2f@evil.com/": "name or password",
    "http://-.example.com/": ODD,
    f"http://{'a' * 64}.com/": ODD,
    f"http://{'a.' * 130}com/": ODD,
    "http://example.com\\@127.0.0.1/": "no address",
    "http://[::1/": "no address",
    "http://example.com:99999/": "no address",
    "http://example.com:80:90/": "no address",
    "http://example.com:0/": "port 0",
    "http://example.com:22/": "port 22",
    "http://example.com:6379/": "port 6379",
    "http://exam\tple.com/": CONTROL,
    "http://example.com/\r\nHost: evil/": CONTROL,
    "http://example.com/a\nb": CONTROL,
    "http://example.com/\x00.jpg": CONTROL,
    "http://\x7f.example.com/": CONTROL,
    "http://exam\u00adple.com/": "no address",
    "http://example.com/\ud800": CONTROL,
    "http://example.com/" + "a" * 5000: "too long",
}


@pytest.mark.parametrize("address", REFUSED, ids=lambda a: ascii(a[:50]))
def test_an_address_that_may_not_be_fetched_is_refused_with_the_reason(address):
    with pytest.raises(PictureError, match=REFUSED[address]) as refusal:
        checked_address(address)
    assert refusal.value.hint


@pytest.mark.parametrize(
    ("address", "normalised"),
    [
        ("https://example.com/1.jpg", "https://example.com/1.jpg"),
        ("  HTTP://EXAMPLE.com:80/a.jpg#part ", "http://example.com/a.jpg"),
        ("https://example.com:8443/a?b=c,d", "https://example.com:8443/a?b=c,d"),
        ("http://bücher.example/ä b.jpg", "http://xn--bcher-kva.example/%C3%A4%20b.jpg"),
        ("http://8.8.8.8/1.png", "http://8.8.8.8/1.png"),
        ("http://[2001:4860:4860::8888]/", "http://[2001:4860:4860::8888]/"),
        ("http://[64:ff9b::8.8.8.8]/", "http://[64:ff9b::808:808]/"),
        ("http://a_b.cdn-1.example/", "http://a_b.cdn-1.example/"),
    ],
)
def test_a_public_address_is_normalised(address, normalised):
    assert str(checked_address(address)) == normalised
    assert str(checked_address(normalised)) == normalised  # doing it again changes nothing


@pytest.mark.parametrize(
    "address", ["http://localhost:9999/", "http://127.0.0.1:22/1.jpg", "https://intranet/a"]
)
def test_a_setting_opens_named_hosts_and_no_others(address):
    opened = {"localhost", "127.0.0.1", "intranet"}
    assert str(checked_address(address, opened)) == address
    with pytest.raises(PictureError):
        checked_address("http://127.0.0.2/", opened)
    with pytest.raises(PictureError, match="password"):
        checked_address("http://me:you@localhost/", opened)


@pytest.mark.parametrize("number", ["example.com", "", "127.1", "2130706433", "fe80::1%eth0"])
def test_what_is_no_plain_number_is_not_public(number):
    assert not is_public(number)


@pytest.mark.parametrize("number", ["127.0.0.1", "10.0.0.1", "2130706433", "0x7f.1"])
def test_no_socket_is_made_for_an_address_inside(number):
    with pytest.raises(InsideAddress):
        public_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, 80)))


def test_a_socket_is_made_for_a_public_address():
    with public_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80))) as made:
        assert made.family == socket.AF_INET
