"""A page that does what a script says, for a worker in the process of the test."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from src.play import pace
from src.play.exercises import Exercise
from src.play.worker import Worker

TEN = {"do": "set", "values": {"data.num_train": 640}}  # five steps an epoch


class Script:
    """The page's end of a connection: sends each message once what came back fulfils the condition before it.

    Args:
        lines: Messages, and conditions on the last message from the worker.
    """

    def __init__(self, *lines: Any) -> None:
        self._lines = list(lines)
        self.told: list[dict[str, Any]] = []

    def send_bytes(self, message: bytes) -> None:
        self.told.append(json.loads(message))
        while self._lines and callable(self._lines[0]) and self._lines[0](self.told[-1]):
            self._lines.pop(0)

    def poll(self, wait: float | None) -> bool:
        assert wait is not None or not self._lines or not callable(self._lines[0]), f"waits: {self.told[-1]}"
        return not self._lines or not callable(self._lines[0])

    def recv_bytes(self) -> bytes:
        if not self._lines:
            raise EOFError
        return json.dumps(self._lines.pop(0)).encode()


def at(epoch: int, step: int = 0) -> Callable[[dict[str, Any]], bool]:
    """Whether a message is a frame at this epoch and step."""

    def reached(message: dict[str, Any]) -> bool:
        frame = message.get("frame", {})
        return (frame.get("epoch"), frame.get("step")) == (epoch, step)

    return reached


def past(epoch: int) -> Callable[[dict[str, Any]], bool]:
    """Whether a message is a frame after this epoch."""
    return lambda message: message.get("frame", {}).get("epoch", 0) > epoch


def whole(message: dict[str, Any]) -> bool:
    """Whether a message tells that training pauses at the end of an epoch."""
    return message.get("frame", {}).get("step") == 0 and message["state"]["mode"] == "paused"


def kind(name: str) -> Callable[[dict[str, Any]], bool]:
    return lambda message: message["type"] == name


def do(*names: str) -> list[Any]:
    return [{"do": name} for name in names]


def played(
    folder: Path, *lines: Any, exercises: dict[str, Exercise] | None = None, replays: bool = False
) -> list[dict[str, Any]]:
    """What a worker that knows some exercises tells a page that sends these lines, as fast as the machine can."""
    script = Script(*lines)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_LENGTH", "_CHANGING"):
            patch.setattr(pace, name, 0.0)
        with pytest.raises(EOFError):
            Worker(script, folder, exercises=exercises, replays=replays).run()  # type: ignore[arg-type]
    assert not script._lines
    return script.told
