from __future__ import annotations

import threading
import time

import pytest

from agent.memory.sessions.turnstile import Turnstile


def test_turnstile_lets_through_in_the_order_of_coming() -> None:
    turnstile = Turnstile()
    passed: list[int] = []
    threads: list[threading.Thread] = []

    def go(number: int) -> None:
        with turnstile.through("a"):
            passed.append(number)

    with turnstile.through("a"):
        for number in range(6):
            thread = threading.Thread(target=go, args=(number,))
            thread.start()
            threads.append(thread)
            # Wait until it stands in the queue: one holds it, the others wait.
            while len(turnstile._queues["a"]) < number + 2:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert passed == list(range(6))
    assert not turnstile._queues


def test_turnstile_keeps_keys_apart_and_opens_after_an_error() -> None:
    turnstile = Turnstile()
    with turnstile.through("a"), turnstile.through("b"):
        pass
    with pytest.raises(KeyError), turnstile.through("a"):
        raise KeyError
    with turnstile.through("a"):
        pass
