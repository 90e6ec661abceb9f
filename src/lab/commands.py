"""Calls that run commands: train a run or a sweep, search for settings, and open a run again."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from src.comparing import out_of_fold
from src.lab.project import PROJECT, call
from src.lab.trained_run import TrainedRun
from src.lab.trained_search import TrainedSearch
from src.lab.trained_sweep import TrainedSweep
from src.stacking import starting
from src.storage.finding import find_run


def train(experiment: str | None = None, *overrides: str, **keys: Any) -> TrainedRun:
    """Train one network, as `python -m src.train experiment=xor data.noise=0.2 seed=1` does.

    Args:
        experiment: An option of `conf/experiment/`, or the first override, as in
            `lab.train("data=csv", "data.path=…")`; None trains the default problem.
        *overrides: As on the command line: `"data.noise=0.2"`, `"network.hidden_dims=[8,8]"`.
        **keys: The same for keys without a dot, such as `seed=1` or `network="perceptron"`, and for the keys of a group
            as a dict, `data={"noise": 0.2}`.

    Returns:
        The run, read back from its folder.

    Raises:
        ConfigError: The configuration cannot work; nothing is left behind.
        TrainingDivergedError: The loss became NaN or infinite.
        InterruptedRunError: The kernel was interrupted; `lab.train(resume=folder)` resumes the run.
    """

    def work(cfg: DictConfig, folder: Path) -> tuple[Path, Any]:
        starting.train(cfg, folder)
        return folder, cfg.trust

    return open(*call("train", work, _words(experiment, overrides, keys)))


def sweep(experiment: str | None = None, *overrides: str, **keys: Any) -> TrainedSweep:
    """Train a run for each value, as `python -m src.train -m experiment=xor seed='range(0,256)'` does.

    Runs that only differ in numbers are trained together (`hydra/launcher=vectorized`, unless you choose another).

    Args:
        experiment: An option of `conf/experiment/`, including its ready-made sweeps, or the first override.
        *overrides: As on the command line, with several values separated by commas: `"optimizer.lr=0.01,0.1"`.
        **keys: The same for keys without a dot: `seed="range(0,256)"`.

    Raises:
        ConfigError: The configuration cannot work; nothing is left behind.
        InterruptedRunError: The kernel was interrupted; the message says how to resume.
    """
    words = ["--multirun", "hydra/launcher=vectorized", *_words(experiment, overrides, keys)]
    return TrainedSweep(PROJECT / call("train", starting.train, words, after_sweep=out_of_fold.tell))


def tune(experiment: str | None = None, *overrides: str, n_trials: int | None = None, **keys: Any) -> TrainedSearch:
    """Search for good settings, as `python -m src.train -m hydra/sweeper=optuna experiment=moons …` does.

    Settings that only differ in numbers are trained together (`hydra/launcher=vectorized`, unless you choose another).

    Args:
        experiment: An option of `conf/experiment/`, or the first override.
        *overrides: As on the command line, with an interval or a list for each key to search:
            `"optimizer.lr=tag(log,interval(0.001,1))"`, `"network.activation=relu,tanh"`.
        n_trials: `hydra.sweeper.n_trials`, the number of settings; None is 20, or the whole grid.
        **keys: The same for keys without a dot: `seed="0,1,2"` trains each setting with every seed.

    Raises:
        ConfigError: The configuration cannot work, or Optuna is not installed; nothing is left behind.
        InterruptedRunError: The kernel was interrupted; the message says how to resume.
    """
    number = [] if n_trials is None else [f"hydra.sweeper.n_trials={n_trials}"]
    begin = ["--multirun", "hydra/launcher=vectorized", "hydra/sweeper=optuna"]
    words = [*begin, *number, *_words(experiment, overrides, keys)]
    return TrainedSearch(PROJECT / call("train", starting.train, words))


def open(run: str | Path = "latest", trust: str | list[str] | None = None) -> TrainedRun:
    """An earlier run.

    Args:
        run: Its folder, or `latest`.
        trust: Your own package, or a list of packages, whose classes the run may name.

    Raises:
        ConfigError: There is no such run, or it has no checkpoint yet.
    """
    with contextlib.chdir(PROJECT):
        return TrainedRun.read(find_run(str(run), "runs", "run"), trust)


def latest() -> TrainedRun:
    """The newest run, whether it was started here or in a terminal.

    Raises:
        ConfigError: There is no run yet.
    """
    return open("latest")


def _words(experiment: str | None, overrides: tuple[str, ...], keys: dict[str, Any]) -> list[str]:
    """The command line that a call runs."""
    named = [] if experiment is None else [experiment if "=" in experiment else f"experiment={experiment}"]
    return [*named, *overrides, *(f"{key}={_spelt(value)}" for key, value in flat(keys))]


def flat(keys: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """The values of `keys` with dotted names, below a prefix `above`: `data={"noise": 0.2}` only sets data.noise."""
    for key, value in keys.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _spelt(value: Any) -> str:
    """A value in Hydra's override syntax."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
