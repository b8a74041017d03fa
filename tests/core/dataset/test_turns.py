"""Whose turn it is."""

from __future__ import annotations

from core.dataset.turns import SILENT, Turns


def addresses(host: str, count: int) -> list[str]:
    return [f"http://{host}/{n}.jpg" for n in range(count)]


def take_all(turns: Turns, now_s: float = 0.0) -> list[str]:
    """Everything that may be fetched now."""
    items = []
    while item := turns.take(now_s):
        items.append(item)
    return [item.address for item in items]


def test_hosts_take_turns_and_none_gets_more_than_its_share():
    turns = Turns(addresses("a.org", 5) + addresses("b.org", 1), per_host=2)
    assert take_all(turns) == ["http://a.org/0.jpg", "http://b.org/0.jpg", "http://a.org/1.jpg"]


def test_a_place_that_is_given_back_is_taken_by_the_next():
    turns = Turns(addresses("a.org", 3), per_host=1)
    order = []
    while item := turns.take(0.0):
        order.append(item.address)
        turns.give_back(item)
    assert order == addresses("a.org", 3)


def test_a_paused_host_waits_and_the_others_go_on():
    turns = Turns(addresses("a.org", 1) + addresses("b.org", 1), per_host=2)
    turns.pause("a.org", until_s=10.0)
    turns.pause("a.org", until_s=5.0)  # the longer wish counts
    assert take_all(turns, 1.0) == ["http://b.org/0.jpg"]
    turns.line_up_paused()
    assert take_all(turns, 9.0) == []
    turns.line_up_paused()
    assert take_all(turns, 10.0) == ["http://a.org/0.jpg"]


def test_a_host_is_silent_after_so_many_addresses_in_a_row():
    turns = Turns(addresses("a.org", 1), per_host=1)
    for _ in range(SILENT - 1):
        turns.note("a.org", connected=False)
    turns.note("a.org", connected=True)
    for _ in range(SILENT - 1):
        turns.note("a.org", connected=False)
    assert not turns.is_silent("a.org")
    turns.note("a.org", connected=False)
    assert turns.is_silent("a.org")


def test_what_is_no_address_waits_like_the_others():
    assert take_all(Turns(["http://[", "nothing"], per_host=1)) == ["http://[", "nothing"]
