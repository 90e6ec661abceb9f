"""Play with a network in the browser: `python -m src.play`; see `--help`."""

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from src.command.cli import command
from src.command.startup import lean_imports
from src.places import EXERCISES


def play(cfg: DictConfig, _: Path) -> None:
    """Serve the page that `cfg` describes until Ctrl-C, or repeat the training of a journal."""
    from src.play import exercises, own_table, server, settings

    settings.check(cfg)
    own_table.take(settings.of_table(cfg, list(HydraConfig.get().overrides.task)))
    if own_table.words() or cfg.journal is not None:
        with lean_imports():
            from src.play import making, saving
        making.check_own_table()
    if cfg.journal is None:
        found = exercises.read_exercises(Path(cfg.exercises) if cfg.exercises else EXERCISES)
        if cfg.exercise is not None:
            exercises.named(found, cfg.exercise)
        server.serve(cfg.port, cfg.open, cfg.runs_dir, found, cfg.exercise)
        return
    print(f"run folder: {saving.replay(Path(cfg.journal), cfg.runs_dir)}")


if __name__ == "__main__":
    command("play", play, begins_runs=False)
