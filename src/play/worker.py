"""The process of one visitor: it trains what the page requests and sends what the page shows."""

import json
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from src.errors import ConfigError, TrainingDivergedError
from src.play import landscape, next_step
from src.play.asking import Asked, first
from src.play.composing import Composed, composed
from src.play.controls import BY_KEY, ENDS, checked, differing
from src.play.exercises import Exercise, named
from src.play.keeping import Kept
from src.play.locking import Locks
from src.play.making import stretch_of
from src.play.points import Points
from src.play.saving import Entry, is_saved, save
from src.play.solving import Goal, Solved, points_of, weights_of
from src.play.telling import Teller
from src.play.training import State, Stretch, Watch, goes_on
from src.storage import failures
from src.storage.values import as_json


class _Left(BaseException):
    """Ends a training so that the `next` one can begin."""

    def __init__(self, stretch: Stretch, start: State | None) -> None:
        super().__init__()
        self.stretch, self.start = stretch, start


class Worker(Watch):
    """Trains for a page until its connection is closed.

    Args:
        connection: Receives messages from the page and sends what it shows; all messages are JSON.
        folder: A folder for files that the Trainer might write.
        runs_dir: The folder for runs that are saved.
        exercises: The exercises by name.
        replays: Whether the page will ask for a replay.
    """

    def __init__(
        self,
        connection: Connection,
        folder: Path,
        runs_dir: str = "runs",
        exercises: dict[str, Exercise] | None = None,
        replays: bool = False,
    ) -> None:
        self._connection, self._folder, self._runs_dir = connection, folder, runs_dir
        self._exercises = exercises or {}
        self._journal: list[Entry] = []  # the training so far, up to the last change of settings
        self._asked = first()
        self._locks = Locks()
        self._stretch = stretch_of(self._asked.settings, self._asked.points, folder)
        self._start: State | None = None
        self._kept = Kept() if replays else None
        self._weights_next: dict[str, Any] | None = None  # a change of weights that the next training begins with
        self._teller = Teller(self._send, lambda: self._asked.points.can, self._locks)
        self._answers: dict[str, Callable[[dict[str, Any]], None]] = {
            "play": lambda _: self._go("playing"),
            "fast": lambda _: self._go("fast"),
            "pause": lambda _: self._go("paused"),
            "step": lambda _: self._go("step"),
            "epoch": lambda _: self._go("epoch"),
            "reset": lambda _: self._begin_anew(self._asked),
            "seed": lambda _: self._begin_anew(self._asked.with_seed_after(self._stretch.composed.values["seed"])),
            "usual": lambda _: self._begin_anew(self._asked.usual()),
            "set": self._set,
            "points": self._change_points,
            "weights": self._change_weights,
            "next_step": lambda message: self._tell_if_current(next_step.answer, message),
            "landscape": lambda message: self._tell_if_current(landscape.answer, message),
            "show": lambda _: self._teller.show(),
            "save": lambda _: self._save(),
            "test": lambda _: self._teller.show_test(),
            "open": self._open,
            "leave": lambda _: self._leave_exercise(),
            "lock": self._lock,
            "replay": lambda _: self._send_replay(),
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

    # Called by the Trainer

    @property
    def each_step(self) -> bool:
        """Whether the page is watching step by step."""
        return self._teller.mode != "fast"

    def begins(self) -> None:
        """Show the network as it is before the first step."""
        if self._start is None:
            self._keep(0)
        self._teller.begins()
        if self._weights_next is not None:
            edit, self._weights_next = self._weights_next, None
            self._set_weights(edit)
        self._teller.go_as_planned()
        self._listen()

    def steps_done(self, num_steps: int) -> None:
        """Show the network if a frame is due, and wait as the pace demands."""
        self._teller.steps_done(num_steps)
        self._listen()

    def epoch_done(self, metrics: dict[str, float]) -> None:
        """Show the epoch."""
        self._teller.epoch_done(metrics)
        self._keep(self._teller.epoch)
        self._listen()

    def _keep(self, epoch: int) -> None:
        if self._kept is not None:
            self._kept.add(self._stretch.parts.head, epoch)

    # Called for the page

    def _listen(self) -> None:
        """Answer messages until the training may continue; a step is taken before the next message is read."""
        while self._teller.mode != "step":
            wait = self._teller.wait()
            if self._connection.poll(wait):
                self._answer()
            elif wait is not None:
                return

    def _rest(self) -> None:
        """Answer messages until one starts another training."""
        self._go("paused")
        while True:
            self._answer()

    def _answer(self) -> None:
        message = json.loads(self._connection.recv_bytes())
        self._teller.heard = message.get("number", self._teller.heard)
        try:
            self._answers[message["do"]](message)
        except ConfigError as error:
            self._teller.refused(str(error))

    def _go(self, mode: str) -> None:
        self._teller.go(mode)

    def _set(self, message: dict[str, Any]) -> None:
        news = checked(message.get("values"))
        self._change(self._asked.with_news(news, self._stretch.composed.values))

    def _change(self, asked: Asked) -> None:
        """From here on, train what is requested, and keep the current weights if possible."""
        before, stretch = self._stretch.composed, self._attempt(asked)
        changed = set(differing(before.values, stretch.composed.values))
        same_rows = asked.points.changes == self._asked.points.changes
        if same_rows and (not changed or self._ends_otherwise(stretch.composed, changed)):
            self._asked = asked
        else:
            begun = bool(self._teller.steps or self._journal or self._stretch.hand.edits) and not self._teller.diverged
            self._leave(stretch, asked, begun and goes_on(before, stretch.composed, changed, same_rows))

    def _ends_otherwise(self, composed: Composed, changed: set[str]) -> bool:
        """Whether what has `changed` only says when training ends; then it ends as `composed` says."""
        planned = "trainer.max_epochs" in changed and not goes_on(self._stretch.composed, composed, changed, True)
        return changed <= ENDS and not planned and self._teller.ends_otherwise(composed)

    def _send_replay(self) -> None:
        if self._kept is None:
            raise ConfigError("replay: only pages in notebooks keep one; save the training as a run instead")
        self._send(self._kept.replay(self._stretch, *self._teller.told))

    def _lock(self, message: dict[str, Any]) -> None:
        self._locks.add(message.get("names"))
        self._teller.show()

    def _change_points(self, message: dict[str, Any]) -> None:
        self._locks.check_rows()
        points, classes = self._asked.points, len(self._stretch.parts.head.spec.class_names)
        ways = {"undo": points.undo, "redo": points.redo}
        way = ways.get(str(message.get("way")), lambda: points.change(message.get("edit"), classes))
        self._change(self._asked._replace(points=way()))

    def _change_weights(self, message: dict[str, Any]) -> None:
        self._locks.check_weights()
        if self._teller.diverged:
            raise ConfigError("weights: cannot be set after training has diverged; reset, or lower the learning rate")
        self._set_weights(message.get("edit"))

    def _set_weights(self, edit: Any) -> None:
        self._stretch.hand.change(edit, self._teller.epoch, self._teller.steps)
        self._teller.weights_changed()

    def _tell_if_current(self, answer: Callable[..., dict[str, Any]], message: dict[str, Any]) -> None:
        """Answer a question about the present network; one about an earlier network came too late."""
        if message.get("of", self._teller.number) == self._teller.number:
            self._send(answer(self._stretch, self._teller, message))

    def _begin_anew(self, asked: Asked) -> None:
        self._leave(self._attempt(asked), asked, False)

    def _open(self, message: dict[str, Any]) -> None:
        """Start with the settings of an address, an exercise or its solution, and train as far as each says."""
        asked, goal, solution = first(), None, None
        if (name := message.get("exercise")) is not None:
            exercise = named(self._exercises, name)
            goal = Goal(name, exercise, composed(exercise.scene, self._folder).values)
            asked = Asked(asked.settings | exercise.scene, Points())
            solution = exercise.solution if message.get("solution") else None
        news = checked(message.get("values", {})) if solution is None else solution.set
        asked = asked._replace(settings=asked.settings | news)
        stretch, weights, epochs = self._attempt(asked), None, message.get("epochs")
        if solution is not None:
            asked = asked._replace(points=points_of(solution, stretch))
            stretch = self._attempt(asked) if asked.points else stretch
            weights, epochs = weights_of(solution, stretch), solution.epochs
        if isinstance(epochs, int) and 0 < epochs <= BY_KEY["trainer.max_epochs"].most:
            self._teller.then(epochs, until_solved=solution is not None)
        self._teller.solved.goal, self._weights_next = goal, weights
        self._leave(stretch, asked, False)

    def _leave_exercise(self) -> None:
        self._teller.solved = Solved()
        self._teller.show()

    def _leave(self, stretch: Stretch, asked: Asked, on: bool) -> None:
        state, teller = None, self._teller
        if on:
            state = self._stretch.state(teller.epoch, teller.steps)
            if teller.steps > (self._start.steps if self._start else 0) or self._stretch.hand.edits:
                self._journal.append(self._entry())
        else:
            self._journal = []
        self._asked = asked
        if teller.solved.goal is not None:
            teller.solved.goal.follow(stretch.composed.values, bool(asked.points), on)
        teller.left(on)
        raise _Left(stretch, state)

    def _entry(self) -> Entry:
        table = self._stretch.table
        edits = [edit.as_json() for edit in self._stretch.hand.edits]
        return Entry(self._asked.settings, self._teller.epoch, self._teller.steps, str(table) if table else "", edits)

    def _save(self) -> None:
        self._teller.go("paused")
        self._send({"type": "saving"})
        try:
            folder = save([*self._journal, self._entry()], self._runs_dir, self._folder, self._teller.tests_shown)
        except (OSError, TrainingDivergedError) as error:
            raise ConfigError(failures.line(error)) from error
        same = is_saved(self._stretch.parts.head, folder)
        self._send(
            {
                "type": "saved",
                "folder": str(folder),
                "same": same,
                "touched": bool(self._journal or self._stretch.touched),
            }
        )

    def _attempt(self, asked: Asked) -> Stretch:
        stretch = stretch_of(asked.settings, asked.points, self._folder)
        self._locks.check(self._stretch.composed.values, stretch.composed.values)
        return stretch

    def _send(self, message: dict[str, Any]) -> None:
        self._connection.send_bytes(as_json(message, indent=None).encode())
