"""Throttle: due once per pause, by a clock that the test controls."""

import pytest

from src.storage.throttle import Throttle


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("src.storage.throttle.time.monotonic", lambda: now[0])
    return now


def test_due_once_the_pause_is_over_and_again_after_the_next(clock):
    throttle = Throttle(10)
    answers = []
    for clock[0] in (109.9, 110.0, 110.1, 119.9, 120.0):
        answers.append(throttle.due())
    assert answers == [False, True, False, False, True]


def test_restart_begins_the_pause_anew(clock):
    throttle = Throttle(10)
    clock[0] = 109.0
    throttle.restart()
    clock[0] = 111.0
    assert not throttle.due()
    clock[0] = 119.0
    assert throttle.due()


def test_no_pause_is_always_due(clock):
    throttle = Throttle(0)
    assert [throttle.due() for _ in range(3)] == [True] * 3
