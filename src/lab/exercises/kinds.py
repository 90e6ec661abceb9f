"""The kinds of exercises: a number, a function, settings to train with, a choice. Each can say what is wrong."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from omegaconf import OmegaConf

from src.lab.exercises.hints import agrees, as_numbers, difference
from src.lab.trained_run import TrainedRun
from src.lab.trained_sweep import TrainedSweep

UNANSWERED = "no answer yet; replace the ... above"
"""The hint on an exercise that has not been answered."""


class Exercise(ABC):
    """An exercise whose answers can be checked."""

    @abstractmethod
    def hint(self, answer: Any, *given: Any) -> str | None:
        """What is wrong with an `answer` about the `given` runs and rows; None if it is right."""


@dataclass(frozen=True)
class Number(Exercise):
    """A number, or a tensor of numbers, that follows from the given runs and rows.

    Attributes:
        solve: Computes the right answer.
        others: Computes the results of common mistakes, by the hint for each; None if none are known.
        tolerance: The relative difference that is accepted.
    """

    solve: Callable[..., Any]
    others: Callable[..., Mapping[str, Any]] | None = None
    tolerance: float = 0.005

    def hint(self, answer: Any, *given: Any) -> str | None:
        """What is wrong with a number, the `answer`, about what is `given`."""
        right = self.solve(*given)
        found = difference(answer, right, self.tolerance)
        mistakes = self.others(*given) if found and self.others else {}
        return found and (_known_mistake(answer, mistakes, self.tolerance) or found)


@dataclass(frozen=True)
class Function(Exercise):
    """A function to write; its results are compared with those of our own for the same arguments.

    Attributes:
        reference: Our own function.
        calls: Returns the arguments of each call to try.
        others: Functions with common mistakes, by the hint for each.
        tolerance: The relative difference that is accepted.
    """

    reference: Callable[..., Any]
    calls: Callable[[], Sequence[tuple[Any, ...]]]
    others: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    tolerance: float = 1e-3

    def hint(self, answer: Any, *given: Any) -> str | None:
        """What is wrong with a function, the `answer`; nothing is `given`."""
        if not callable(answer):
            return f"should be a function, not a {type(answer).__name__}"
        for arguments, ours in zip(self.calls(), self.calls(), strict=True):
            try:
                result = answer(*arguments)  # it may change its arguments
            except Exception as error:  # a learner's code may raise anything
                return f"raises {type(error).__name__}: {' '.join(str(error).split())[:100]}"
            if result is ...:
                return UNANSWERED
            if result is None:
                return "returns nothing; end it with return …"
            if found := self._difference(result, ours):
                return found
        return None

    def _difference(self, result: Any, arguments: tuple[Any, ...]) -> str | None:
        right = self.reference(*arguments)
        if not isinstance(right, tuple):
            found = difference(result, right, self.tolerance, of_code=True)
            mistakes = {text: wrong(*arguments) for text, wrong in self.others.items()} if found else {}
            return found and (_known_mistake(result, mistakes, self.tolerance) or found)
        if not isinstance(result, tuple | list) or len(result) != len(right):
            return f"should return {len(right)} results, separated by commas"
        for place, (one, ours) in enumerate(zip(result, right, strict=True), start=1):
            if found := difference(one, ours, self.tolerance, of_code=True):
                return f"result {place}: {found}"
        return None


@dataclass(frozen=True)
class Trained(Exercise):
    """A run or sweep with certain settings; any other settings are up to the learner.

    Attributes:
        settings: Values by key; a set holds all values of a sweep, a range those of which the sweep must try several.
        others: Values that it must not have, by key.
    """

    settings: Mapping[str, Any]
    others: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_sweep(self) -> bool:
        """Whether the exercise asks for several runs."""
        return any(isinstance(value, set | range) for value in self.settings.values())

    def hint(self, answer: Any, *given: Any) -> str | None:
        """Which setting of a run or sweep, the `answer`, is wrong; nothing is `given`."""
        wanted = TrainedSweep if self.is_sweep else TrainedRun
        if not isinstance(answer, wanted):
            call = "a sweep, lab.sweep(…)" if self.is_sweep else "a run, lab.train(…)"
            return f"should be {call}, not a {type(answer).__name__}"
        for key, value in self.settings.items():
            found, expected = _values(answer, key), set(value) if isinstance(value, set | range) else {value}
            if strange := found - expected:
                return f"{key} is {_shown(strange)}, which the exercise does not ask for"
            if len(found) < (2 if isinstance(value, range) else len(expected)):
                return f"{key} has fewer values than the exercise asks for"
        for key, value in self.others.items():
            if value in _values(answer, key):
                return f"{key} is still {value}"
        return None


@dataclass(frozen=True)
class Choice(Exercise):
    """One of several answers, labelled with letters.

    Attributes:
        solve: Computes the letter of the right answer.
        mistakes: The hint for each of the others.
    """

    solve: Callable[[], str]
    mistakes: Mapping[str, str]

    def hint(self, answer: Any, *given: Any) -> str | None:
        """Why a letter, the `answer`, is wrong; nothing is `given`."""
        right = self.solve()
        letters = sorted({right, *self.mistakes})
        if not isinstance(answer, str) or answer.lower() not in letters:
            return f"should be one of {', '.join(letters)}, in quotes"
        return None if answer.lower() == right else self.mistakes[answer.lower()]


def _known_mistake(answer: Any, mistakes: Mapping[str, Any], tolerance: float) -> str | None:
    given = as_numbers(answer)
    for text, wrong in mistakes.items():
        theirs = as_numbers(wrong)
        if given is not None and theirs is not None and agrees(given, theirs, tolerance):
            return text
    return None


def _values(answer: TrainedRun | TrainedSweep, key: str) -> set[Any]:
    """The values of a setting in a run, or in all runs of a sweep."""
    if isinstance(answer, TrainedSweep):
        return {_plain(run.value(key)) for run in answer.runs}
    return {_plain(OmegaConf.select(answer.cfg, key))}


def _plain(value: Any) -> Any:
    return tuple(map(_plain, value)) if OmegaConf.is_list(value) or isinstance(value, list | tuple) else value


def _shown(values: set[Any]) -> str:
    return " and ".join(sorted("null" if value is None else str(value).replace("()", "[]") for value in values))


@dataclass(frozen=True)
class Open(Exercise):
    """An exercise with many right answers, judged by what they do.

    Attributes:
        tell: What is wrong with an answer; None if it does what it should.
    """

    tell: Callable[..., str | None]

    def hint(self, answer: Any, *given: Any) -> str | None:
        """What is wrong with an `answer` about what is `given`."""
        return self.tell(answer, *given)
