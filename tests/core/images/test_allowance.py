"""Memory that pictures share: never more than there is, and everybody's turn comes."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import PictureError
from core.images.allowance import Allowance, DecodedBytes


def test_no_more_is_taken_than_there_is_and_all_get_it():
    memory, held, lock = DecodedBytes(100), list[int](), threading.Lock()

    def work(size: int) -> int:
        with memory.take(size):
            with lock:
                held.append(size)
                together = sum(held)
            threading.Event().wait(0.001)
            with lock:
                held.remove(size)
        return together

    sizes = random.Random(0).choices([1, 20, 50, 99, 100], k=200)
    with ThreadPoolExecutor(16) as pool:
        most = max(pool.map(work, sizes))
    assert 50 < most <= 100


def refused(memory: DecodedBytes, size: int) -> bool:
    """Whether so much is not free now."""
    try:
        with memory.take(size, 0.0):
            return False
    except PictureError as error:
        assert error.message == "too many large pictures are decoded at once"
        return True


def test_what_is_larger_than_all_of_it_goes_alone():
    memory = DecodedBytes(100)
    with memory.take(1):
        assert refused(memory, 500)
    with memory.take(500):
        assert refused(memory, 1)
    assert not refused(memory, 500)


def test_what_was_held_is_free_again_after_an_error():
    memory = DecodedBytes(100)
    with pytest.raises(ValueError), memory.take(100):
        raise ValueError
    with memory.take(100, 0.0):
        pass


def test_a_large_picture_is_not_overtaken_by_small_ones_for_ever():
    memory, waits = DecodedBytes(100), threading.Event()
    order = list[str]()

    def take(name: str, size: int) -> None:
        waits.set()
        with memory.take(size):
            order.append(name)

    with ThreadPoolExecutor(2) as pool:
        with memory.take(60):
            pool.submit(take, "large", 100)
            waits.wait()
            while not memory.is_awaited:
                threading.Event().wait(0.001)
            small = pool.submit(take, "small", 10)
            assert refused(memory, 10)
        small.result()
    assert order == ["large", "small"]


def test_without_memory_to_share_nobody_waits():
    with Allowance().hold(1 << 60), Allowance().hold(1 << 60):
        pass
