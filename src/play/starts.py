"""The process of a visitor's starts: it trains a setting from many seeds as one stack, and sends how far each is."""

import json
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import lightning.pytorch as pl

from src.errors import ConfigError
from src.play.seeds import Seeded, seeded
from src.play.thumbnails import SIDE, Thumbnails
from src.replay.encoding import encoded
from src.statistics.intervals import wilson
from src.storage.values import as_json

_LENGTH = 10.0  # seconds of all planned epochs at least
_BETWEEN = 1 / 10  # minimum seconds between two frames
_SHARE = 10.0  # and at least this many times the cost of a frame


class _Anew(BaseException):
    """Ends a training so that the `following` one can begin, which the message with this number asked for."""

    def __init__(self, following: Seeded, number: Any) -> None:
        super().__init__()
        self.following, self.number = following, number


class Starts:
    """Trains stacks for a page until its connection is closed.

    Args:
        connection: Receives messages from the page and sends what it shows; all messages are JSON.
        folder: A folder for files that the Trainer might write.
    """

    def __init__(self, connection: Connection, folder: Path) -> None:
        self._connection, self._folder = connection, folder
        self._mode = "ended"
        self._epoch, self._begun = 0, None
        self._pace = self._due = self._next_frame = 0.0
        self._send_frame: Callable[[], None] = lambda: None
        self._answers: dict[str, Callable[[dict[str, Any]], None]] = {
            "begin": self._begin,
            "play": lambda _: self._go("playing"),
            "pause": lambda _: self._go("paused"),
            "show": lambda _: self._send_frame(),
        }

    def run(self) -> None:
        """Train one stack after another."""
        following: Seeded | None = None
        while True:
            try:
                if following is not None:
                    self._train(following)
                while True:
                    self._answer()
            except _Anew as anew:
                following, self._begun = anew.following, anew.number

    def _train(self, what: Seeded) -> None:
        stack, thumbnails = what.stack, Thumbnails(what.stack)
        epochs = stack.cfg["trainer"]["max_epochs"]
        self._pace = _LENGTH / epochs
        self._mode, self._epoch, self._due, self._next_frame = "playing", 0, time.perf_counter(), 0.0

        def send_frame() -> None:
            verdicts, ending = stack.verdicts(), self._mode == "ended"
            training = set() if ending else set(stack.module.runs.tolist())
            failed = stack.module.history.failed
            solved = None if None in verdicts else sum(map(bool, verdicts))
            self._send(
                {
                    "type": "starts",
                    "begun": self._begun,
                    "mode": self._mode,
                    "epoch": self._epoch,
                    "epochs": epochs,
                    "classes": stack.module.head.spec.num_classes,
                    "side": SIDE,
                    "states": [_state(verdict, run in failed, run in training) for run, verdict in enumerate(verdicts)],
                    "pictures": encoded(thumbnails.drawn(stack.newest))["bytes"],
                    "solved": solved,
                    "interval": None if solved is None else wilson(solved, len(verdicts)),
                    "command": what.command,
                }
            )

        self._send_frame = send_frame
        trainer: Any = stack.trainer
        trainer.callbacks.append(_Gate(self))
        try:
            stack.fit()
        finally:
            stack.module.close()
        self._epoch = stack.module.history.epochs[-1].number
        self._mode = "ended"
        send_frame()

    # Called by the Trainer

    def epoch_begins(self, epoch: int) -> None:
        """Show the networks, if a frame is due, after all epochs before this `epoch`, and wait as the pace demands."""
        self._epoch = epoch
        self._due = max(self._due, time.perf_counter() - self._pace) + self._pace * (epoch > 0)
        self.steps_done()

    def steps_done(self) -> None:
        """Show the networks if a frame is due, and answer the page."""
        start = time.perf_counter()
        if start >= self._next_frame:
            self._send_frame()
            self._next_frame = start + max(_BETWEEN, _SHARE * (time.perf_counter() - start))
        while True:
            wait = None if self._mode == "paused" else max(0.0, self._due - time.perf_counter())
            if self._connection.poll(wait):
                self._answer()
            elif wait is not None:
                return

    # Called for the page

    def _answer(self) -> None:
        message = json.loads(self._connection.recv_bytes())
        answer = self._answers.get(str(message.get("way")))
        if answer is None:  # the page sends no such message
            return
        try:
            answer(message)
        except ConfigError as error:
            self._send({"type": "starts.refused", "line": str(error)})

    def _begin(self, message: dict[str, Any]) -> None:
        raise _Anew(seeded(message.get("values"), message.get("count"), self._folder), message.get("number"))

    def _go(self, mode: str) -> None:
        if self._mode != "ended":
            self._mode, self._due = mode, time.perf_counter()
        self._send_frame()

    def _send(self, message: dict[str, Any]) -> None:
        self._connection.send_bytes(as_json(message, indent=None).encode())


class _Gate(pl.Callback):
    """Lets the page follow and pause the training of a stack."""

    def __init__(self, starts: Starts) -> None:
        self._starts = starts

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Report the epoch before: by now, the stack knows who has improved and who has ended."""
        self._starts.epoch_begins(trainer.current_epoch)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Report a block of steps."""
        self._starts.steps_done()


def _state(verdict: bool | None, diverged: bool, training: bool) -> str:
    """The state of a start, as the page's texts name it."""
    if diverged:
        return "diverged"
    if verdict is None:
        return "training" if training else "ended"
    if verdict:
        return "solved"
    return "not.yet" if training else "unsolved"
