"""The process of one visitor: it trains what the page asks for and sends what the page shows."""

import json
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from src.errors import ConfigError, TrainingDivergedError
from src.play.composing import Composed, composed
from src.play.controls import BY_KEY, checked
from src.play.saving import Entry, is_saved, save
from src.play.telling import Teller
from src.play.training import State, Stretch, Watch, goes_on
from src.storage import failures

FIRST = {"experiment": "xor"}
_KEPT = "network.hidden_dims", "network.activation", "optimizer", "scheduler", "seed"
"""Settings that stay when another dataset is chosen."""
_OF_GROUP = "optimizer.lr", "optimizer.momentum", "optimizer.weight_decay"
_FIT_THE_HEAD = {"experiment", "data.centers", "data.arms"}
_LARGEST_SEED = 2**32


class _Left(BaseException):
    """Ends a training so that another, `next`, goes on or begins."""

    def __init__(self, stretch: Stretch, start: State | None) -> None:
        super().__init__()
        self.stretch, self.start = stretch, start


class Worker(Watch):
    """Trains for a page until its connection is closed.

    Args:
        connection: Brings the page's messages, and takes what it shows; each is JSON.
        folder: For files that the Trainer might write.
        runs_dir: Where trainings are saved.
    """

    def __init__(self, connection: Connection, folder: Path, runs_dir: str = "runs") -> None:
        self._connection, self._folder, self._runs_dir = connection, folder, runs_dir
        self._journal: list[Entry] = []  # what was trained before the settings were changed
        self._wishes: dict[str, Any] = dict(FIRST)
        self._stretch = self._attempt(self._wishes)
        self._start: State | None = None
        self._teller = Teller(self._send)
        self._answers: dict[str, Callable[[dict[str, Any]], None]] = {
            "play": lambda _: self._go("playing"),
            "fast": lambda _: self._go("fast"),
            "pause": lambda _: self._go("paused"),
            "step": lambda _: self._go("step"),
            "epoch": lambda _: self._go("epoch"),
            "reset": lambda _: self._begin_anew(self._wishes),
            "seed": lambda _: self._begin_anew(self._wishes | {"seed": self._next_seed()}),
            "usual": lambda _: self._begin_anew({key: self._wishes[key] for key in ("experiment",)}),
            "set": self._set,
            "show": lambda _: self._teller.show(),
            "save": lambda _: self._save(),
            "test": lambda _: self._teller.show_test(),
            "open": self._open,
            "stop": lambda message: self._teller.stop_when(bool(message.get("solved"))),
        }

    def run(self) -> None:
        """Train one stretch after another."""
        while True:
            try:
                self._teller.begin(self._stretch, self._start)
                self._stretch.fit(self, self._start)
                self._rest()
            except _Left as left:
                self._stretch, self._start = left.stretch, left.start
            except TrainingDivergedError as error:
                self._teller.diverges(str(error))
                try:
                    self._rest()
                except _Left as left:
                    self._stretch, self._start = left.stretch, left.start

    # What the Trainer tells

    @property
    def each_step(self) -> bool:
        """Whether the page watches closely."""
        return self._teller.mode != "fast"

    def begins(self) -> None:
        """Show the network as it is before the first step."""
        self._teller.begins()
        self._listen()

    def steps_done(self, num_steps: int) -> None:
        """Show the network if it is time for that, and wait as the pace demands."""
        self._teller.steps_done(num_steps)
        self._listen()

    def epoch_done(self, metrics: dict[str, float]) -> None:
        """Show the epoch."""
        self._teller.epoch_done(metrics)
        self._listen()

    # What the page asks for

    def _listen(self) -> None:
        """Answer messages until the training may go on; a step is taken before the next message is read."""
        while self._teller.mode != "step":
            wait = self._teller.wait()
            if self._connection.poll(wait):
                self._answer()
            elif wait is not None:
                return

    def _rest(self) -> None:
        """Answer messages until one begins another training."""
        self._go("paused")
        while True:
            self._answer()

    def _answer(self) -> None:
        message = json.loads(self._connection.recv_bytes())
        try:
            self._answers[message["do"]](message)
        except ConfigError as error:
            self._teller.refused(str(error))

    def _go(self, mode: str) -> None:
        self._teller.go(mode)

    def _next_seed(self) -> int:
        return (int(self._stretch.composed.values["seed"]) + 1) % _LARGEST_SEED

    def _set(self, message: dict[str, Any]) -> None:
        news = checked(message.get("values"))
        wishes = self._wishes | news
        if "experiment" in news:
            values = self._stretch.composed.values
            kept = {key: values[key] for key in (*_KEPT, *_OF_GROUP) if key in values}
            wishes = kept | news
        if _FIT_THE_HEAD & news.keys() and "head" not in news:
            wishes.pop("head", None)
        if "optimizer" in news:
            for key in _OF_GROUP[1:]:
                wishes.pop(key, None)
        before = self._stretch.composed
        stretch = self._attempt(wishes)
        changed = _differing(before, stretch.composed)
        if not changed:
            self._wishes = wishes
            return
        if changed <= {"trainer.max_epochs"} and goes_on(before, stretch.composed, changed):
            self._stretch.composed, self._wishes = stretch.composed, wishes
            self._teller.show()
            return
        begun = self._teller.steps > 0 and not self._teller.diverged
        self._leave(stretch, wishes, begun and goes_on(before, stretch.composed, changed))

    def _begin_anew(self, wishes: dict[str, Any]) -> None:
        self._leave(self._attempt(wishes), wishes, False)

    def _open(self, message: dict[str, Any]) -> None:
        """Begin with the settings of an address, and train as far as it says."""
        wishes, epochs = checked(message.get("values")), message.get("epochs")
        if isinstance(epochs, int) and 0 < epochs <= BY_KEY["trainer.max_epochs"].most:
            self._teller.then(epochs)
        self._begin_anew(FIRST | wishes)

    def _leave(self, stretch: Stretch, wishes: dict[str, Any], on: bool) -> None:
        state, teller = None, self._teller
        if on:
            state = self._stretch.state(teller.epoch, teller.steps)
            if teller.steps > (self._start.steps if self._start else 0):
                self._journal.append(self._entry())
        else:
            self._journal = []
        self._wishes = wishes
        teller.left(on)
        raise _Left(stretch, state)

    def _entry(self) -> Entry:
        return Entry(self._wishes, self._teller.epoch, self._teller.steps)

    def _save(self) -> None:
        self._teller.go("paused")
        self._send({"type": "saving"})
        try:
            folder = save([*self._journal, self._entry()], self._runs_dir, self._folder, self._teller.tests_shown)
        except (OSError, TrainingDivergedError) as error:
            raise ConfigError(failures.line(error)) from error
        same = is_saved(self._stretch.parts.head, folder)
        self._send({"type": "saved", "folder": str(folder), "same": same, "touched": bool(self._journal)})

    def _attempt(self, wishes: dict[str, Any]) -> Stretch:
        return Stretch(composed(wishes, self._folder), self._folder)

    def _send(self, message: dict[str, Any]) -> None:
        self._connection.send_bytes(json.dumps(message, separators=(",", ":")).encode())


def _differing(one: Composed, other: Composed) -> set[str]:
    """Keys of the controls whose values differ."""
    keys = one.values.keys() | other.values.keys()
    return {key for key in keys & BY_KEY.keys() if one.values.get(key) != other.values.get(key)}
