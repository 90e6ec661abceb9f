"""Play with a network in the browser: `python -m src.play`; see `--help`."""

from pathlib import Path

from omegaconf import DictConfig

from src.command.cli import command


def play(cfg: DictConfig, _: Path) -> None:
    """Serve the page that `cfg` describes until Ctrl-C."""
    from src.play import server, settings

    settings.check(cfg)
    server.serve(cfg.port, cfg.open)


if __name__ == "__main__":
    command("play", play, begins_runs=False)
