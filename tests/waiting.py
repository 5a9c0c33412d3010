"""Waiting on a condition, never on the clock alone."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(predicate: Callable[[], T], timeout_s: float = 10.0, what: str = "the condition") -> T:
    """Return the first truthy answer of `predicate`; fail with `what` after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = predicate()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s in vain for {what}")
        time.sleep(0.01)
