"""Train one network on one problem: `python -m src.train experiment=xor`; see `--help`."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from src.command.cli import command
from src.command.startup import lean_imports


def train(cfg: DictConfig, folder: Path) -> Any:
    """Train the network that `cfg` describes and write everything to `folder`."""
    with lean_imports():
        from src.stacking import starting
    return starting.train(cfg, folder)


def gather(sweep: Path) -> None:
    """Collect the out-of-fold predictions of the runs of a `sweep` over folds."""
    from src.comparing import out_of_fold

    out_of_fold.tell(sweep)


if __name__ == "__main__":
    command("train", train, after_sweep=gather)
