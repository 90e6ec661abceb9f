"""What `hydra/sweeper=optuna` does with a command line: checks it, searches, and reports the results."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from src.command.startup import lean_imports
from src.errors import ConfigError
from src.storage.files import aside
from src.storage.folders import SweepFolder
from src.tuning.options import Options, checked


@dataclass
class Sweep:
    """One call of the sweeper.

    Attributes:
        context: Hydra's loader and callbacks.
        config: The configuration of the sweep itself.
        options: The sweeper's keys.
        launcher: Runs the jobs.
    """

    context: HydraContext
    config: DictConfig
    options: Options
    launcher: Launcher

    def __call__(self, words: list[str]) -> None:
        """Search the space of the command line's words.

        Raises:
            ConfigError: Words, options or objectives cannot work; raised before the first trial.
        """
        with lean_imports():
            from src.tuning.checks import check_settings
            from src.tuning.report import Report
            from src.tuning.search import Search
            from src.tuning.space import space_of
            from src.tuning.study import open_study
        parser = OverridesParser.create(config_loader=self.context.config_loader)
        params = [f"{key}={value}" for key, value in (self.options.params or {}).items()]
        space = space_of(parser.parse_overrides([*params, *words]))
        total = self.options.total(space.grid_size() if self.options.is_grid else None)
        folder = Path(os.path.relpath(str(self.config.hydra.sweep.dir)))
        max_epochs = check_settings(self.context.config_loader, self.config, space, self.options.objectives, folder)
        folder.mkdir(parents=True, exist_ok=True)
        study = open_study(self.options, space, folder)
        with aside(SweepFolder(folder).overrides) as part:
            OmegaConf.save(self.config, part)
        batch = self.options.batch(str(self.config.hydra.launcher._target_))
        report = Report(study.study, space, self.options.objectives, folder, total)
        launch = self.launcher.launch
        search = Search(study, space, self.options, launch, folder, total, batch, max_epochs, report.progress)
        report.write()  # from here on, compare and lab know the folder as that of a search, even if it is killed
        try:
            search.run()
        finally:
            report.write()
        report.conclude()


def prepare(context: HydraContext, task: TaskFunction, config: DictConfig, options: dict[str, Any]) -> Sweep:
    """The sweep of a command line.

    Args:
        context: Hydra's loader and callbacks.
        task: The function that a job is.
        config: The configuration of the sweep itself.
        options: Keys of `conf/hydra/sweeper/optuna.yaml` and their values.

    Raises:
        ConfigError: Optuna is not installed, or an option breaks its rule.
    """
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        raise ConfigError("hydra/sweeper=optuna: needs optuna; pip install optuna") from error
    found = checked({key: _plain(value) for key, value in options.items()})
    launcher = Plugins.instance().instantiate_launcher(hydra_context=context, task_function=task, config=config)
    return Sweep(context, config, found, launcher)


def _plain(value: Any) -> Any:
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
