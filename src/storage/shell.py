"""Words as a shell reads them back, in commands that people copy from messages and files."""

import shlex
from collections.abc import Iterable

_SPECIAL = set('"$`\\!')  # between double quotes


def quoted(words: Iterable[str]) -> str:
    r"""The `words` of a command in one line; quotes of Hydra's grammar stay readable.

    Example:
        >>> print(quoted(["train", "data.path='my table.csv'", "seed=$1"]))
        train "data.path='my table.csv'" 'seed=$1'
    """
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    return f'"{word}"' if "'" in word and not _SPECIAL & set(word) else shlex.quote(word)
