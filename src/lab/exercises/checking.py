"""Checks of the lessons' exercises: `lab.check("2.1", gradient)` says what is wrong without giving the answer away."""

import importlib
from dataclasses import dataclass
from typing import Any

from src.errors import ConfigError, choice
from src.lab.exercises.kinds import UNANSWERED, Exercise

LESSONS = range(1, 10)


@dataclass(frozen=True, repr=False)
class Verdict:
    """The result of a check.

    Attributes:
        name: The exercise's name.
        right: Whether the answer is right; None if there is no answer yet.
        hint: What is wrong.
    """

    name: str
    right: bool | None
    hint: str = ""

    def __bool__(self) -> bool:
        return bool(self.right)

    def __repr__(self) -> str:
        if self.right is None:
            return f"… {self.name}: {self.hint}"
        return f"✓ {self.name}: right" if self.right else f"✗ {self.name}: not yet; {self.hint}"


def exercises() -> dict[str, Exercise]:
    """Every exercise by name: the lesson's number, a dot, and the exercise's number or `quiz`."""
    modules = [importlib.import_module(f"src.lab.exercises.lesson_{number}") for number in LESSONS]
    return {name: exercise for module in modules for name, exercise in module.EXERCISES.items()}


def check(exercise: str, answer: Any, *given: Any) -> Verdict:
    """Whether an answer to an exercise is right and, if not, what is wrong with it.

    The right answer is computed on the spot, from the same runs and rows.

    Args:
        exercise: Its name, as in the lesson: `"2.1"`.
        answer: A number, a function, a run or a sweep, or a letter; `...` means that there is no answer yet.
        *given: The runs or rows that the exercise is about, as the lesson passes them.

    Raises:
        ConfigError: There is no such exercise.
    """
    known = exercises()
    if exercise not in known:
        raise ConfigError(f"exercise: there is no exercise {exercise!r}; {choice(str(exercise), known)}")
    blank = any(each is ... for each in (answer, *given))
    hint = UNANSWERED if blank else known[exercise].hint(answer, *given)
    return Verdict(exercise, None if hint == UNANSWERED else hint is None, hint or "")
