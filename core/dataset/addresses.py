"""Which addresses may be fetched: public http(s) ones, and the hosts that a setting opens.

Names are checked before anything is sent (`checked_address`), and once more where it counts: no
socket is made for a number that is not public (`public_socket`). So neither a redirect, nor a name
that leads elsewhere the second time it is asked for, nor an odd way to write a number gets through.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from aiohttp import AddrInfoType
from yarl import URL

from core.errors import FileFault, PictureError

MAX_CHARACTERS = 4000
PORTS = (80, 443, 8000, 8080, 8443)
_PART = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
HOST = re.compile(rf"{_PART}(\.{_PART})+")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # as the last part of a name: the name is a number
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # and halves of a sign
INSIDE = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home", ".home.arpa", ".onion")
PUBLIC_V6 = IPv6Network("2000::/3")
TUNNEL_V6 = IPv6Network("2002::/16")  # 6to4: holds an IPv4 address
EXAMPLES_V6 = IPv6Network(
    "3fff::/20"
)  # for documentation since 2024, which Python 3.11 is not told
NAT64 = IPv6Network("64:ff9b::/96")
METADATA = (IPv4Address("168.63.129.16"),)  # Azure's, a public number; the others are link-local

INSIDE_ADDRESS = "it leads into this machine's own network: refused"


class InsideAddress(OSError):
    """A connection into this machine or its network was refused."""

    def __init__(self) -> None:
        super().__init__(INSIDE_ADDRESS)


def checked_address(text: str, open_hosts: Collection[str] = ()) -> URL:
    """The address, normalised and without its fragment, if it may be tried.

    Args:
        open_hosts: hosts that may be inside this network, and use any port.

    Raises:
        PictureError: why not.
    """
    if len(text) > MAX_CHARACTERS:
        _refuse("the address is too long")
    if CONTROL.search(text):
        _refuse("there is a control character in the address")
    try:
        url = URL(text.strip()).with_fragment(None)
        host, port = (url.raw_host or "").lower(), url.port
    except Exception as error:  # ValueError, IDNA's and Unicode's own, and IndexError for "[]@"
        hint = "Check it in a browser."
        raise PictureError("this is no address", hint, "bad address") from error
    if url.scheme not in ("http", "https"):
        _refuse("it does not begin with http:// or https://")
    if not host:
        _refuse("it names no host")
    if url.raw_user is not None or url.raw_password is not None:
        _refuse("there is a name or password in the address")
    if host not in open_hosts:
        _check_host(host)
        _check_port(port)
    return url


def is_public(number: str) -> bool:
    """Whether a numeric address, in its one canonical spelling, belongs to the public internet."""
    try:
        address = ip_address(number)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        return _is_public_v6(address)
    return address.is_global and not address.is_multicast and address not in METADATA


def public_socket(info: AddrInfoType) -> socket.socket:
    """A socket for exactly the address that is connected to next.

    Raises:
        InsideAddress: it is not public.
    """
    family, kind, protocol, _, target = info
    if not is_public(str(target[0])):
        raise InsideAddress
    return socket.socket(family, kind, protocol)


def _is_public_v6(address: IPv6Address) -> bool:
    inner = address.ipv4_mapped
    if address in NAT64:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    if inner is not None:
        return is_public(str(inner))
    inside = address in TUNNEL_V6 or address in EXAMPLES_V6
    return address in PUBLIC_V6 and not inside and address.is_global


def _check_host(host: str) -> None:
    name = host.removesuffix(".")
    if ":" in name or NUMBER.fullmatch(name.rpartition(".")[2]):
        _check_number(name)
    elif "." not in name or name.endswith(INSIDE):
        _refuse("its host is a name inside a network", "inside address")
    elif len(name) > 253 or not HOST.fullmatch(name):
        _refuse("its host is not a name that can be")


def _check_number(number: str) -> None:
    try:
        ip_address(number)
    except ValueError as error:
        reason = "its host is a number that is spelled in an unusual way"
        raise PictureError(reason, "Use the name of the host.", "bad address") from error
    if not is_public(number):
        _refuse(INSIDE_ADDRESS, "inside address")


def _check_port(port: int | None) -> None:
    if port not in PORTS:
        _refuse(f"pictures are not fetched from port {port}")


def _refuse(reason: str, kind: FileFault = "bad address") -> None:
    raise PictureError(reason, "It was not fetched.", kind)
