"""Whose turn it is: many hosts at once, few requests to each, and pauses where a host asks for one.

Nothing here waits or sends: `Turns` only answers what may be fetched now.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

SILENT = 10  # so many addresses in a row without a connection, and their host is given up


@dataclass(eq=False)
class Try:
    """An address, its host, and how often it was tried."""

    address: str
    host: str = ""
    tries: int = 0


@dataclass(eq=False)
class _Host:
    waiting: deque[Try] = field(default_factory=deque)
    running: int = 0
    paused_until_s: float = 0.0
    silent: int = 0
    in_line: bool = False


class Turns:
    """Addresses wait in a line for each host; hosts take turns.

    Args:
        per_host: how many requests a host gets at the same time.
    """

    def __init__(self, addresses: Iterable[str], per_host: int) -> None:
        self._per_host = per_host
        self._hosts: dict[str, _Host] = {}
        self._line: deque[_Host] = deque()
        self._paused: list[_Host] = []
        for address in addresses:
            self.put(Try(address, _host_of(address)))

    def put(self, item: Try) -> None:
        """Let an address wait for its turn."""
        host = self._hosts.setdefault(item.host, _Host())
        host.waiting.append(item)
        self._line_up(host)

    def take(self, now_s: float) -> Try | None:
        """The next address, if a host is free now; `give_back` it when it was tried."""
        while self._line:
            host = self._line.popleft()
            host.in_line = False
            if host.paused_until_s > now_s:
                self._paused.append(host)
                continue
            item = host.waiting.popleft()
            host.running += 1
            self._line_up(host)
            return item
        return None

    def give_back(self, item: Try) -> None:
        """Free the place that an address had at its host."""
        host = self._hosts[item.host]
        host.running -= 1
        self._line_up(host)

    def pause(self, name: str, until_s: float) -> None:
        """Ask nothing of a host until then."""
        host = self._hosts[name]
        host.paused_until_s = max(host.paused_until_s, until_s)

    def line_up_paused(self) -> None:
        """Let hosts that were paused stand in line again; `take` looks whether it is time."""
        paused, self._paused = self._paused, []
        for host in paused:
            self._line_up(host)

    def note(self, name: str, connected: bool) -> None:
        """Remember whether an address of a host, with all its tries, could be connected to."""
        host = self._hosts[name]
        host.silent = 0 if connected else host.silent + 1

    def is_silent(self, name: str) -> bool:
        """Whether it makes no sense to ask a host again."""
        return self._hosts[name].silent >= SILENT

    def _line_up(self, host: _Host) -> None:
        if host.waiting and host.running < self._per_host and not host.in_line:
            host.in_line = True
            self._line.append(host)


def _host_of(address: str) -> str:
    """What is between "://" and the next "/"; also of what is no address."""
    return address.partition("://")[2].partition("/")[0]
