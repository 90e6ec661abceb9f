"""Compare a run, or the folds of a sweep, with simpler methods: `python -m src.baselines`; see `--help`."""

from pathlib import Path

from omegaconf import DictConfig

from src.command.cli import command
from src.command.startup import lean_imports


def baselines(cfg: DictConfig, _: Path) -> None:
    """Fit the baselines that `cfg` describes and print the comparison."""
    with lean_imports():
        from src.runs.baselines import write_baselines
    if cfg.sweep is None:
        write_baselines(cfg)
    else:
        from src.comparing.baselines import write_sweep_baselines

        write_sweep_baselines(cfg)


if __name__ == "__main__":
    command("baselines", baselines, begins_runs=False)
