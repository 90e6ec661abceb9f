"""One moment of a training as a page shows it: its scores and its weights."""

from typing import Any

from src.data.base import InMemoryDataModule
from src.data.rows import Split
from src.heads.base import Head
from src.networks.layers import all_numbers, plain_layers
from src.replay.encoding import encoded

_DIGITS = 6  # of each score
_SCORES = "loss", "accuracy", "r2", "rmse"


def frame(head: Head, data: InMemoryDataModule, epoch: int, splits: tuple[Split, ...] = ("train", "val")) -> Any:
    """The `epoch`, the weights of a `head`, and its scores on some `splits` of the `data`."""
    scores = {split: scores_of(head.evaluate(data.whole(split)), digits=_DIGITS) for split in splits}
    return {"epoch": epoch, "scores": scores, "weights": encoded(all_numbers(plain_layers(head.network)))["bytes"]}


def scores_of(found: dict[str, Any], stage: str = "", digits: int = 17) -> dict[str, float]:
    """The scores that a page shows: those `found` whose names begin with `stage`, rounded to `digits`."""
    return {name: float(f"{found[stage + name]:.{digits}g}") for name in _SCORES if stage + name in found}
