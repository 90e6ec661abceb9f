"""Compare the runs of a sweep: `python -m src.compare sweep=latest`; see `--help`."""

from pathlib import Path

from omegaconf import DictConfig

from src.command.cli import command


def compare(cfg: DictConfig, folder: Path) -> None:
    """Print a table of the runs that `cfg` names and write it next to them with its figures; `folder` is unused."""
    from src.comparing.compare import compare_runs

    compare_runs(cfg)


if __name__ == "__main__":
    command("compare", compare, begins_runs=False)
