"""Where events are stored: TensorBoard shows folder names, so those of a sweep's run are named by what was swept.

A single run keeps its events in `tensorboard/` inside its folder. Those of a sweep's run are in the sweep's
`tensorboard/lr=0.1,seed=3/`, and a small file in the run's own folder says where.
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from src.storage.folders import RunFolder, SweepFolder
from src.storage.marks import read_mark
from src.storage.removal import remove_listed
from src.storage.values import known_json, write_json

_LONGEST = 100  # characters of a name
_DIGEST = 8
_REFUSED = re.compile(r'[\x00-\x1f\x7f:<>|?*"\\/]')  # by Windows, in file names
_EVENTS = "events.out.tfevents.*", "hparams.yaml"
_MOST_LEVELS = 4  # of folders between a sweep's and a job's


def board_name(words: Sequence[str]) -> str:
    """A folder name for what was swept that every system accepts; keys are shortened to their last part if possible.

    Args:
        words: Words of the command line, such as `optimizer.lr=0.1`.

    Example:
        >>> board_name(["optimizer.lr=0.1", "seed=3"]), board_name(["data.seed=1", "seed=1"])
        ('lr=0.1,seed=3', 'data.seed=1,seed=1')
    """
    pairs = [word.lstrip("+").partition("=")[::2] for word in words]
    short = [key.rpartition(".")[2] for key, _ in pairs]
    keys = [last if short.count(last) == 1 else key for (key, _), last in zip(pairs, short, strict=True)]
    wanted = ",".join(f"{key}={value}" for key, (_, value) in zip(keys, pairs, strict=True))
    name = _REFUSED.sub("_", wanted).rstrip(". ")
    if name == wanted and len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(wanted.encode()).hexdigest()[:_DIGEST]  # otherwise two settings might share the name
    return f"{name[: _LONGEST - _DIGEST - 1]}~{digest}"


def sweep_of(run: Path) -> Path | None:
    """The folder of the sweep that a `run` is a job of, by the marks of both; None for a single run."""
    owner = read_mark(RunFolder(run).mark).get("sweep")
    if owner is None:
        return None
    above = list(run.absolute().parents)[:_MOST_LEVELS]
    return next((folder for folder in above if read_mark(SweepFolder(folder).mark).get("id") == owner), None)


def known_board(run: Path) -> Path | None:
    """The events folder that a `run` has claimed in its sweep; None if it has not claimed one."""
    name, sweep = known_json(RunFolder(run).board).get("name"), sweep_of(run)
    if sweep is None or not isinstance(name, str) or not name.rstrip(". ") or _REFUSED.search(name):
        return None
    board = SweepFolder(sweep).tensorboard / name
    return None if board.is_symlink() or board.parent.is_symlink() else board


def board_of(run: Path) -> Path:
    """The folder of a run's events, whether it exists or not."""
    return known_board(run) or RunFolder(run).tensorboard


def claim_board(run: Path, words: Sequence[str]) -> Path:
    """Claim a folder for a run's events.

    Args:
        run: The run's folder.
        words: The overrides that the sweep did not give to all of its runs; if there are none, events stay in the run's
        own folder.
    """
    sweep, own = sweep_of(run), RunFolder(run).tensorboard
    if (known := known_board(run)) is not None or sweep is None or not words or own.exists():
        return known or own
    boards = SweepFolder(sweep).tensorboard
    boards.mkdir(exist_ok=True)
    name, number = board_name(words), read_mark(RunFolder(run).mark).get("number")
    for each in (name, f"{name},job={number}"):  # another job may have the same words
        try:
            (boards / each).mkdir()
        except FileExistsError:
            continue
        write_json(RunFolder(run).board, {"name": each})
        return boards / each
    return own


def clear_board(run: Path) -> None:
    """Remove the events that a `run` has left in its sweep, before its record of their place is removed."""
    if (board := known_board(run)) is not None:
        remove_listed(board.parent.parent, [f"{board.parent.name}/{board.name}/{name}" for name in _EVENTS])
