"""Making ahead: in order, no more than asked for, and nothing after the caller is gone."""

from __future__ import annotations

import threading

import pytest

from core.ahead import made_ahead


def test_batches_come_in_order_and_whole():
    batches = [[1, 2, 3], [4], [], [5, 6]]
    assert list(made_ahead(batches, lambda item: item * 10)) == [[10, 20, 30], [40], [], [50, 60]]
    assert list(made_ahead([], str)) == []


@pytest.mark.parametrize("ahead", [0, 1, 3])
def test_no_more_is_begun_than_so_many_batches_ahead(ahead):
    begun: list[int] = []
    batches = ([number] for number in range(10))

    def source():
        for batch in batches:
            begun.append(batch[0])
            yield batch

    made = made_ahead(source(), str, ahead)
    for number in range(3):
        assert next(made) == [str(number)]
        assert len(begun) == number + ahead + 1
    made.close()


def test_an_error_reaches_the_caller_and_what_waits_is_given_up():
    started = threading.Event()

    def make(item: int) -> int:
        started.set()
        return 1 // item

    made = made_ahead([[1], [0], [1]], make)
    assert next(made) == [1]
    with pytest.raises(ZeroDivisionError):
        next(made)
    assert started.is_set()
    assert not [t for t in threading.enumerate() if t.name.startswith("ahead")]
