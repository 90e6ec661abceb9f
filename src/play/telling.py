"""What the page is told about a training, and when: frames, epochs, and whether it is playing."""

import math
import time
from collections.abc import Callable
from typing import Any, Literal

from src.play.composing import Composed
from src.play.frames import Frames
from src.play.history import History
from src.play.locking import Locks
from src.play.pace import Pace
from src.play.scenes import scene_of
from src.play.solving import Solved
from src.play.stopping import Waits
from src.play.training import State, Stretch

Mode = Literal["paused", "playing", "fast", "step", "epoch"]
_CATCH_UP = 0.5  # seconds of delay that a training may make up for


class Teller:
    """Keeps track of a training and reports it to a page.

    Args:
        send: Sends a message.
        can: Returns whether a change of rows can be undone and redone.
        locks: What cannot be changed.

    Attributes:
        number: Number of the stretch of training.
        mode: How it plays; `step` and `epoch` pause after one step or epoch.
        epoch: Complete epochs.
        step: Optimiser steps in this epoch.
        steps: Total number of optimiser steps.
        diverged: Whether the loss is no longer a finite number.
        heard: The number of the last message of the page, by which it knows which values are newer than an answer.
        tests_shown: How often the scores of this dataset's test rows were requested.
        solved: Whether the problem is solved.
    """

    def __init__(
        self, send: Callable[[dict[str, Any]], None], can: Callable[[], dict[str, bool]], locks: Locks
    ) -> None:
        self._send, self._can, self._locks = send, can, locks
        self.mode: str = "paused"
        self.epoch = self.steps = self.step = self.number = self._epochs_asked = 0
        self.diverged = False
        self.heard = 0
        self._stop_when_solved, self.solved = True, Solved()
        self._waits = Waits()
        self._touched = False
        self._due = 0.0
        self._frames = Frames()
        self._history: History | None = None
        self._said: dict[str, Any] | None = None
        self._epochs_next, self._until_solved = 0, False
        self._shows_test = False
        self.tests_shown = 0
        self._experiment = ""

    def begin(self, stretch: Stretch, start: State | None) -> None:
        """Prepare for a `stretch` that is about to be trained, from scratch or from the state `start`."""
        self._stretch, self.number, self.diverged = stretch, self.number + 1, False
        self.step, self._waits = 0, Waits()
        if (experiment := stretch.composed.values["experiment"]) != self._experiment:
            self._experiment, self.tests_shown = experiment, 0
        if start is None:
            self.epoch = self.steps = 0
            self._history, self._touched = None, False
            self.solved.begin()
        self._pace = Pace(stretch.composed.cfg.trainer.max_epochs, stretch.parts.datamodule)

    def begins(self) -> None:
        """Show the network, whose weights are now in place."""
        self._make_frame()
        self._history = self._history or History(self._frames.scores)
        self._pace.epoch_done(self._stretch.parts.head)
        self._due = time.perf_counter()
        self.show()

    def then(self, epochs: int, until_solved: bool) -> None:
        """Train this many `epochs` in the next training, or `until_solved`."""
        self._epochs_next, self._until_solved = epochs, until_solved

    def go_as_planned(self) -> None:
        """Train the epochs for which `then` asked."""
        if self._epochs_next:
            self.mode, self._epochs_asked, self._epochs_next = "epoch", self._epochs_next, 0

    def left(self, on: bool) -> None:
        """Note that the training ends; the next one goes `on` with its weights or starts from scratch."""
        self._touched = self._touched or on
        if self.steps:
            self._said = {"key": "goes.on" if on else "anew"}

    # Called by the Trainer

    def steps_done(self, num_steps: int) -> None:
        """Count `num_steps` more steps, and send a frame if it is time."""
        self.steps += num_steps
        self.step += num_steps
        self._hide_test()
        if self.mode == "playing":
            late = time.perf_counter() - _CATCH_UP
            self._due = max(self._due, late) + self._pace.seconds * num_steps / self._steps_per_epoch
        if self.step == self._steps_per_epoch:  # the end of an epoch is reported with its scores
            return
        if self.mode == "step":
            self.go("paused")
        else:
            self._send_if_due()

    def epoch_done(self, metrics: dict[str, float]) -> None:
        """Count an epoch, and send its `metrics` with the next frame."""
        self.epoch, self.step = self.epoch + 1, 0
        assert self._history is not None
        self._history.add(self.epoch, metrics, self._stretch.parts.head.score_names[:2])
        if self.mode == "playing":
            self._pace.epoch_done(self._stretch.parts.head)
        if "val/loss" in metrics:
            self._waits.add(metrics["val/loss"])
        newly = self.solved.judge(metrics, self.epoch, self._stretch)
        self._epochs_asked -= 1
        last_asked = self.mode == "step" or (self.mode == "epoch" and self._epochs_asked <= 0)
        solved_is_enough = newly and self._stop_when_solved and (self.mode != "epoch" or self._until_solved)
        if last_asked or self.ended or solved_is_enough:
            if newly:
                self._said = {"key": newly, "epoch": self.epoch}
            elif self._waits.stops(self._patience(self._stretch.composed)):
                self._said = {"key": "stopped", "epoch": self.epoch, "epochs": self._waits.now}
            self.go("paused")
        else:
            self._send_if_due()

    # Called for the page

    def wait(self) -> float | None:
        """Seconds for which the training has to wait; None means until it is told to continue."""
        if self.mode == "paused":
            return None
        return max(0.0, self._due - time.perf_counter()) if self.mode == "playing" else 0.0

    def go(self, mode: str) -> None:
        """Play, pause, or train one step or epoch, as `mode` says; a finished training pauses."""
        before, self.mode = self.mode, "paused" if self.ended or self.diverged else mode
        if mode == "epoch":
            self._epochs_asked = 1 + (self._epochs_asked if before == mode else 0)
        self._due = time.perf_counter()
        if self.mode != before or self.mode == "paused":
            self._make_frame()
            self._send_frame()

    def weights_changed(self) -> None:
        """Pause and show the weights that were just changed by hand, which may be the goal of an exercise."""
        self._hide_test()
        self.mode = "paused"
        self._make_frame()
        if self.solved.goal is not None and self.solved.judge(self._frames.scores, self.epoch, self._stretch):
            self._said = {"key": "done.by.hand"}
        self._send_frame()

    def _hide_test(self) -> None:
        """Hide test scores again: they are only shown for the weights that they were requested for."""
        if self._shows_test:
            self._shows_test = False
            self.show()

    def stop_when(self, solved: bool) -> None:
        """Set whether to pause once the problem is `solved`: enough validation rows are right."""
        self._stop_when_solved = solved
        self._send_frame()

    def show(self) -> None:
        """Send everything that the page shows."""
        assert self._history is not None
        told = scene_of(self._stretch, self._history.rows, self._frames.now, self._shows_test, self._locks)
        told["scene"]["can"] = self._can()
        self._history.news()  # which the scene holds
        self._send({"type": "scene", "number": self.number, "heard": self.heard, **told, "state": self._state()})

    def show_test(self) -> None:
        """Show the scores of the test rows for the current weights, and count the look."""
        if not self._shows_test:
            self._shows_test, self.tests_shown = True, self.tests_shown + 1
            self._make_frame()
        self.show()

    def refused(self, line: str) -> None:
        """Report, in a `line`, why a setting is refused; the training is unchanged."""
        key = line.partition(":")[0]
        values = self._stretch.composed.values
        self._send({"type": "refused", "key": key, "line": line, "values": values, "heard": self.heard})

    def diverges(self, line: str) -> None:
        """Report, in a `line`, why the training cannot continue."""
        self.diverged, self.mode = True, "paused"
        self.solved.diverged(self.epoch, self._stretch)
        self._send({"type": "diverged", "line": line, "state": self._state()})

    @property
    def ended(self) -> bool:
        """Whether the planned epochs are done, or training stops early."""
        composed = self._stretch.composed
        return bool(self.epoch >= composed.cfg.trainer.max_epochs or self._waits.stops(self._patience(composed)))

    def ends_otherwise(self, composed: Composed) -> bool:
        """End where `composed` says instead, which differs in nothing else.

        Returns:
            Whether that can be: not if training would have stopped early before now.
        """
        if self._waits.has_stopped(self._patience(composed)):
            return False
        if composed.cfg.solved.at_least != self._stretch.composed.cfg.solved.at_least:
            self.solved.begin()
        self._stretch.composed = composed
        self.show()
        return True

    @property
    def told(self) -> tuple[list[dict[str, float]], bool]:
        """The scores of each epoch, and whether those of the test rows are shown."""
        return (self._history.rows if self._history else []), self._shows_test

    # Frames

    @property
    def _steps_per_epoch(self) -> int:
        data = self._stretch.parts.datamodule
        return -(-len(data.splits.train.x) // data.batch_rows)

    @staticmethod
    def _patience(composed: Composed) -> float:
        return composed.values["callbacks.early_stopping.patience"] or math.inf

    def _send_if_due(self) -> None:
        if self._frames.due:
            self._make_frame()
            self._send_frame()

    def _make_frame(self) -> None:
        self._frames.make(self._stretch, self.epoch, self.step, self._shows_test, self.mode)

    def _send_frame(self) -> None:
        frame_and_rows = {"frame": self._frames.now, "rows": self._history.news() if self._history else []}
        self._send({"type": "frame", "number": self.number, **frame_and_rows, "state": self._state()})

    def _state(self) -> dict[str, Any]:
        said, self._said = self._said, None
        return {
            "mode": self.mode,
            "epoch": self.epoch,
            "step": self.step,
            "steps": self._steps_per_epoch,
            "ended": self.ended,
            "diverged": self.diverged,
            "solved": self.solved.reached,
            "exercise": self.solved.goal and self.solved.goal.shown(),
            "stops": self._stop_when_solved,
            "touched": self._touched or self._stretch.touched,
            "frozen": self._stretch.hand.frozen,
            "command": self._command(),
            "tests": self.tests_shown,
            "said": said,
        }

    def _command(self) -> str | None:
        """The command line that trains the same weights; None after changes during training, or within an epoch."""
        composed = self._stretch.composed
        unfinished = self.step or not self.epoch or (composed.planned and not self.ended)
        return None if self._touched or self._stretch.touched or unfinished else composed.command(self.epoch)
