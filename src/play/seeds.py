"""From a setting of the page to a stack of its runs with different seeds."""

from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from src.errors import ConfigError
from src.play.composing import composed, for_seeds
from src.play.controls import PROBLEMS, checked
from src.replay.shown import check_shown
from src.stacking import grouping
from src.stacking.members import Member, MemberFactory
from src.stacking.stack import Stack
from src.storage.shell import quoted

COUNTS = 16, 64
"""How many starts may train together."""

_MOST_BYTES = 2**29  # of activations and their gradients


class Seeded(NamedTuple):
    """A stack of runs with the seeds 0, 1, 2, …, and the command line that trains the same runs."""

    stack: Stack
    command: str


def seeded(values: Any, count: Any, folder: Path) -> Seeded:
    """The stack that trains a setting from `count` seeds.

    Args:
        values: The values by the controls' keys, all but the seed; anything, if it was not the page that sent them.
        count: One of `COUNTS`, likewise.
        folder: A folder for files of the Trainer; nothing is written to it.

    Raises:
        ConfigError: A value does not work, or the runs cannot be trained as one stack.
    """
    if isinstance(count, bool) or count not in COUNTS:
        raise ConfigError(f"starts: {count!r:.40} cannot train together; choose {' or '.join(map(str, COUNTS))}")
    wishes = {"experiment": PROBLEMS[0]} | {key: value for key, value in checked(values).items() if key != "seed"}
    words = composed(wishes, folder).words
    members = [Member(seed, cfg, folder) for seed, cfg in enumerate(for_seeds(words, range(count), folder))]
    _refuse(grouping.reason_against(members[0].cfg))
    factory = MemberFactory(members[0])
    check_shown(factory.parts.head, "starts")
    _refuse(factory.reason_against(members[0]))
    _check_size(factory, count)
    for member in members:
        factory.fill(member)
    swept = [*words, f"seed=range(0,{count})", "hydra/launcher=vectorized"]
    return Seeded(Stack(members, factory), f"python -m src.train -m {quoted(swept)}")


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise ConfigError(f"starts: cannot train together ({reason}); choose other settings")


def _check_size(factory: MemberFactory, count: int) -> None:
    """Raise `ConfigError` if a step of `count` networks would need too much memory."""
    data, network = factory.parts.datamodule, factory.parts.head.network
    units = sum(module.out_features for module in network.modules() if isinstance(module, nn.Linear))
    rows = max(data.batch_rows, len(data.splits.val.y), len(data.splits.test.y))
    if 12 * count * rows * units > _MOST_BYTES:  # outputs, activations and gradients, of 4 bytes each
        raise ConfigError(
            f"starts: {count} networks of {units} units on {rows:,} rows at a time need too much memory; "
            "choose fewer starts, fewer units or a smaller batch"
        )
