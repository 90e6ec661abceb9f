"""The command line as a person writes it, and as Hydra reads it."""

import re
from pathlib import Path

from omegaconf import OmegaConf

from src import config
from src.errors import ConfigError
from src.folders import CONFIG, find_run


def rewritten(arguments: list[str], begins_runs: bool) -> tuple[list[str], Path | None]:
    """The command line for Hydra, and the folder of the sweep that it goes on with, if it does.

    Args:
        arguments: As they were written.
        begins_runs: The command trains; otherwise it works on runs that there are.

    Raises:
        ConfigError: A run or sweep to go on with is not there, or would be made another.
    """
    sweep = None
    if begins_runs:
        arguments, sweep = resumed_sweep(resumed_run(arguments))
    else:
        arguments = changing(arguments)
    return sorted(
        quoted(arguments), key=lambda argument: not argument.startswith("-")
    ), sweep  # `-m` may stand anywhere


def resumed_run(arguments: list[str]) -> list[str]:
    """The command line that goes on with a run: `resume=FOLDER` among the `arguments` becomes that run's own saved one.

    Raises:
        ConfigError: There is no such run, or an override would exchange one of its parts.
    """
    wanted = [argument.partition("=")[2] for argument in arguments if argument.startswith("resume=")]
    if not wanted or wanted[-1] in ("", "null"):
        return arguments
    checkpoint = Path(wanted[-1]) if wanted[-1].endswith(".ckpt") else None
    if checkpoint is not None and not checkpoint.is_file():
        raise ConfigError(
            f"resume: there is no checkpoint {checkpoint}; name a run folder, one of its checkpoints or latest"
        )
    named = wanted[-1] if checkpoint is None else str(checkpoint.parent.parent)
    folder = find_run(named, _value(arguments, "runs_dir", "runs"), "resume")
    saved = OmegaConf.load(folder / CONFIG)
    rest = [argument for argument in arguments if not argument.startswith("resume=")]
    for argument in rest:
        key = argument.lstrip("+~").partition("=")[0]
        if OmegaConf.is_dict(OmegaConf.select(saved, key)) or key == "experiment":
            raise ConfigError(
                f"resume: a resumed run keeps its {key} (got {argument}); change single keys, or train anew"
            )
        if argument in ("-m", "--multirun"):
            raise ConfigError("resume: a sweep cannot be resumed as one run; leave out --multirun")
    return [
        *rest,
        f"--config-path={(folder / '.hydra').resolve()}",
        "--config-name=config",
        f"--config-dir={config.CONF}",
        "hydra/job_logging=lab",
        "hydra/hydra_logging=lab",
        "hydra.job.name=train",
        f"hydra.run.dir='{folder}'",
        f"resume='{checkpoint or folder}'",
    ]


def changing(arguments: list[str]) -> list[str]:
    """The arguments of a command on a run: `data.KEY=VALUE` is a change of the run's own configuration.

    Example:
        >>> changing(["run=latest", "data.noise=0.3"])
        ['run=latest', '+changes.data.noise=0.3']
    """
    return [f"+changes.{argument}" if re.match(r"data\.[\w.]+=", argument) else argument for argument in arguments]


def quoted(arguments: list[str]) -> list[str]:
    """The arguments with the rules of thresholds in quotes, since Hydra's grammar has no `>`.

    Example:
        >>> print(*quoted(["threshold=recall>=0.9", "threshold=f1"]))
        threshold='recall>=0.9' threshold=f1
    """
    return [re.sub(r"^((?:head\.)?threshold)=([^'\"].*>=.*)$", r"\1='\2'", argument) for argument in arguments]


def resumed_sweep(arguments: list[str]) -> tuple[list[str], Path | None]:
    """The arguments that go on with a sweep, and its folder: `sweep_resume=FOLDER` becomes its saved overrides.

    Raises:
        ConfigError: There is no such sweep, or an override would change it.
    """
    wanted = [argument.partition("=")[2] for argument in arguments if argument.startswith("sweep_resume=")]
    if not wanted:
        return arguments, None
    folder = Path(wanted[-1])
    if not (folder / "multirun.yaml").exists():
        raise ConfigError(f"sweep_resume: {folder} is not a sweep's folder (it has no multirun.yaml)")
    rest = [a for a in arguments if not a.startswith("sweep_resume=") and a not in ("-m", "--multirun")]
    for argument in rest:
        if not argument.startswith(("hydra/launcher=", "hydra.launcher.")):
            raise ConfigError(
                f"sweep_resume: a resumed sweep keeps its settings (got {argument}); only hydra/launcher may change"
            )
    saved = OmegaConf.load(folder / "multirun.yaml").hydra.overrides
    changed = ("hydra.sweep.dir=", "hydra.mode=", *(["hydra/launcher=", "hydra.launcher."] if rest else []))
    kept = [override for override in saved.hydra if not override.startswith(changed)]
    return ["--multirun", *kept, *saved.task, *rest], folder


def _value(arguments: list[str], key: str, default: str) -> str:
    values = [argument.partition("=")[2] for argument in arguments if argument.startswith(f"{key}=")]
    return values[-1] if values else default
