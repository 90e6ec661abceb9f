"""The errors that users meet: each is one line that names what is wrong, the rule, the value and the remedy."""

from difflib import get_close_matches


class ConfigError(Exception):
    """A configuration that cannot work; nothing was trained and nothing is written (exit code 2)."""


class ChangedDataError(ConfigError):
    """A run cannot be resumed, since its data are others than before; to train it anew would hide that."""


class TrainingDivergedError(Exception):
    """The loss became NaN or infinite; the best checkpoint so far is kept (exit code 1)."""


class ExportError(Exception):
    """An exported network does not compute what the run does; nothing is written (exit code 1)."""


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
    """A remedy for an unknown `key`: the nearest of the `known` ones, one that ends in it, or the choices beside it.

    Levels of a key are parted by dots.

    Example:
        >>> suggestion("data.nois", {"data.noise", "data.seed"})
        'did you mean data.noise?'
        >>> suggestion("data.x", {"data.noise", "data.seed", "seed"})
        'choose from noise, seed'
        >>> suggestion("lr", {"optimizer.lr", "seed"})
        'did you mean optimizer.lr?'
    """
    known = {name for name in known if name != key and not key.startswith(f"{name}.")}
    near = get_close_matches(key, sorted(known), n=1, cutoff=0.75)
    same_end = sorted(name for name in known if name.endswith(f".{key}"))
    if near or same_end:
        return f"did you mean {(near or same_end)[0]}?"
    parent = key.rpartition(".")[0]
    while parent and not any(name.startswith(f"{parent}.") for name in known):
        parent = parent.rpartition(".")[0]
    siblings = sorted(name.rpartition(".")[2] for name in known if name.rpartition(".")[0] == parent)
    return f"choose from {', '.join(siblings)}" if siblings else "leave it out"
