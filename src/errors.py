"""The errors that users meet: each is one line that names what is wrong, the rule, the value and the remedy."""


class ConfigError(Exception):
    """A configuration that cannot work; nothing was trained and nothing is written (exit code 2)."""


class TrainingDivergedError(Exception):
    """The loss became NaN or infinite; the best checkpoint so far is kept (exit code 1)."""


class InterruptedRunError(Exception):
    """Ctrl-C ended the training; the state after the last complete epoch is kept (exit code 130)."""
