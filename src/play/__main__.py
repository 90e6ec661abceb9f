"""Play with a network in the browser: `python -m src.play`; see `--help`."""

from functools import partial
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from src.command.cli import command
from src.command.startup import lean_imports
from src.page.document import live_document, pictures_document
from src.places import EXERCISES
from src.storage.finding import find_run


def play(cfg: DictConfig, _: Path) -> None:
    """Serve the page that `cfg` describes until Ctrl-C, or repeat the training of a journal."""
    from src.play import settings

    words = list(HydraConfig.get().overrides.task)
    settings.check(cfg)
    settings.check_run(cfg, words)
    if cfg.run is not None:
        _show_run(cfg)
    elif cfg.journal is not None:
        _repeat(cfg, words)
    else:
        _train(cfg, words)


def _train(cfg: DictConfig, words: list[str]) -> None:
    from src.play import exercises, process, server, visitors

    _take_table(cfg, words)
    found = exercises.read_exercises(Path(cfg.exercises) if cfg.exercises else EXERCISES)
    if cfg.exercise is not None:
        exercises.named(found, cfg.exercise)
    page = partial(live_document, data={"exercises": exercises.listed(found)})
    everyone = visitors.Visitors(process.work, cfg.runs_dir, found, False)
    server.serve(cfg.port, cfg.open, page, everyone, f"#exercise={cfg.exercise}" if cfg.exercise else "")


def _repeat(cfg: DictConfig, words: list[str]) -> None:
    with lean_imports():
        from src.play import saving
    _take_table(cfg, words)
    print(f"run folder: {saving.replay(Path(cfg.journal), cfg.runs_dir)}")


def _take_table(cfg: DictConfig, words: list[str]) -> None:
    from src.play import own_table, settings

    own_table.take(settings.of_table(cfg, words))
    if own_table.words():
        with lean_imports():
            from src.play import making
        making.check_own_table()


def _show_run(cfg: DictConfig) -> None:
    from src.play import process, processes, server, visitors

    trust: Any = OmegaConf.to_container(cfg.trust) if OmegaConf.is_config(cfg.trust) else cfg.trust
    named = str(find_run(cfg.run, cfg.runs_dir, "run")), cfg.data_dir, trust
    processes.begin()
    connection, _ = processes.started(process.check_pictures, *named)
    if (error := connection.recv()) is not None:
        raise error
    everyone = visitors.Visitors(process.show_pictures, *named)
    server.serve(cfg.port, cfg.open, pictures_document, everyone)


if __name__ == "__main__":
    command("play", play, begins_runs=False)
