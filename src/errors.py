"""The errors that users meet: each is one line with the key, the rule, the value and the remedy."""

from collections.abc import Iterable
from difflib import get_close_matches

_BEGINNING = 3  # letters of a word that are enough to stand for all of it


class ConfigError(Exception):
    """A configuration that cannot work; nothing was trained or written (exit code 2)."""


class ChangedDataError(ConfigError):
    """A run cannot be resumed because its data have changed; training from scratch would hide that."""


class TrainingDivergedError(Exception):
    """The loss became NaN or infinite; the best checkpoint so far is kept (exit code 1)."""


class ExportError(Exception):
    """An exported network does not compute the same as the run; nothing is written (exit code 1)."""


class WorkerError(Exception):
    """A worker of a cluster did not finish a run; `sweep_resume` trains it again (exit code 1)."""


class InterruptedRunError(Exception):
    """Ctrl-C or another signal ended a training or a sweep, which can be resumed.

    Args:
        message: What was interrupted, and how to resume it.
        exit_code: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP.
    """

    def __init__(self, message: str, exit_code: int = 130) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def suggestion(key: str, known: set[str]) -> str:
    """A remedy for an unknown `key`: the nearest of the `known` ones, one that ends in it, or the choices at its level.

    The levels of a key are separated by dots.

    Example:
        >>> suggestion("data.nois", {"data.noise", "data.seed"})
        'did you mean data.noise?'
        >>> suggestion("data.x", {"data.noise", "data.seed", "seed"})
        'choose from noise, seed'
        >>> suggestion("LR", {"optimizer.lr", "seed"})
        'did you mean optimizer.lr?'
    """
    known = {name for name in known if name != key and not key.startswith(f"{name}.")}
    last = key.rpartition(".")[2]
    deepest_first = sorted(known, key=lambda name: (name.count("."), name), reverse=True)
    by_end = {name.rpartition(".")[2]: name for name in deepest_first}
    same_end = by_end.get(last) or by_end.get(last.lower())
    near = nearest(key, known) or same_end or by_end.get(nearest(last, set(by_end)) or "")
    if near:
        return f"did you mean {near}?"
    parent = key.rpartition(".")[0]
    while parent and not any(name.startswith(f"{parent}.") for name in known):
        parent = parent.rpartition(".")[0]
    names = {name.rpartition(".")[2] for name in known if name.rpartition(".")[0] == parent}
    siblings = sorted(name for name in names if not name.startswith("_"))
    return f"choose from {', '.join(siblings)}" if siblings else "leave it out"


def choice(option: str, options: Iterable[str]) -> str:
    """A remedy for an unknown `option`: the nearest of the `options`, then the list of them.

    Example:
        >>> choice("Adam", ["adam", "sgd"]), choice("lion", ["adam", "sgd"])
        ('did you mean adam? choose from adam, sgd', 'choose from adam, sgd')
    """
    known = list(options)
    near = nearest(option, known, cutoff=0.6)
    return f"{f'did you mean {near}? ' if near else ''}choose from {', '.join(known)}"


def nearest(word: str, words: Iterable[str], cutoff: float = 0.75) -> str | None:
    """The one of `words` closest to `word`, or the only one that it begins or that begins it, ignoring case.

    Args:
        word: What was written.
        words: What could have been meant.
        cutoff: The lowest similarity, difflib's ratio, that counts as close.

    Returns:
        One of `words`, or None if none is close.

    Example:
        >>> nearest("Relu", ["tanh", "relu"]), nearest("relu", ["tanh"]), nearest("torch", ["onnx", "torch_export"])
        ('relu', None, 'torch_export')
    """
    lower = {each.lower(): each for each in sorted(words)}
    typed = word.lower()
    if found := get_close_matches(typed, lower, n=1, cutoff=cutoff):
        return lower[found[0]]
    begun = [each for each in lower if min(len(each), len(typed)) >= _BEGINNING and _one_begins_the_other(each, typed)]
    return lower[begun[0]] if len(begun) == 1 else None


def _one_begins_the_other(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
