"""What all commands share: Hydra around the work, one-line errors and exit codes.

Exit codes: 0 done, 1 training failed, 2 bad input, 130 interrupted.
"""

import logging
import os
import re
import shutil
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException, MissingConfigException
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from src import config, cores, failures
from src.errors import ConfigError, InterruptedRunError, TrainingDivergedError

Work = Callable[[DictConfig, Path], Any]


def command(config_name: str, work: Work, begins_runs: bool = True) -> None:
    """Run `work` on the configuration that the command line composes, in a folder of its own; then exit.

    Args:
        config_name: The primary configuration, `conf/<config_name>.yaml`.
        work: What to do with a configuration and its folder.
        begins_runs: Each configuration is a run, checked by the rules of `src.train` and filed in a folder of its own;
            otherwise the work reads what runs have left and checks its own keys.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # hand errors on instead of printing them
    OmegaConf.register_new_resolver("problem", _problem, replace=True)
    _quiet()
    codes: list[int] = []
    try:
        config.check_arguments(sys.argv[1:])
        arguments = resumed_sweep_arguments(resumed_arguments(sys.argv[1:]))
        sys.argv[1:] = sorted(arguments, key=lambda argument: not argument.startswith("-"))  # `-m` may stand anywhere
        job = _job(work, codes) if begins_runs else _reading_job(work, codes)
        job.command_name = config_name  # type: ignore[attr-defined]  # by which a launcher knows what its jobs are
        hydra.main(version_base="1.3", config_path=str(config.CONF), config_name=config_name)(job)()
    except (HydraException, OmegaConfBaseException) as error:
        cause = error.__cause__  # a plugin's own one-line error comes wrapped in Hydra's
        codes.append(
            failures.tell(cause if isinstance(cause, ConfigError) else ConfigError(_reworded(error, config_name)))
        )
    except (ConfigError, InterruptedRunError) as error:
        codes.append(failures.tell(error))
    except KeyboardInterrupt as error:
        codes.append(failures.tell(InterruptedRunError(_how_to_go_on()) if ClaimFolder.sweep else error))
    sys.exit(max([*codes, _sweep_code()]))


def _how_to_go_on() -> str:
    return f"interrupted; go on with: python -m src.train sweep_resume={ClaimFolder.sweep}"


def _sweep_code() -> int:
    """1 where runs of this sweep failed, which is said in a line that counts; else 0."""
    failed = failures.noted(ClaimFolder.sweep) if ClaimFolder.sweep else []
    if not failed:
        return 0
    finished = len(list(ClaimFolder.sweep.glob("*/metrics.json"))) if ClaimFolder.sweep else 0
    noun = "run" if len(failed) == 1 else "runs"
    print(f"{len(failed)} {noun} failed, {finished} finished; why: {ClaimFolder.sweep}/failures.txt", file=sys.stderr)
    return 1


def _job(work: Work, codes: list[int]) -> Callable[[DictConfig], Any]:
    """The function that Hydra calls for each job: checks the configuration, does the work, notes what went wrong."""

    def job(cfg: DictConfig) -> Any:
        hydra_cfg = HydraConfig.get()
        folder = Path(os.path.relpath(hydra_cfg.runtime.output_dir))
        if hydra_cfg.mode == RunMode.MULTIRUN:
            return _swept(work, cfg, folder, hydra_cfg)
        try:
            config.check(cfg, dict(hydra_cfg.runtime.choices), list(hydra_cfg.overrides.task))
            OmegaConf.resolve(cfg)
            return work(cfg, folder)
        except (ConfigError, OmegaConfBaseException) as error:
            codes.append(failures.tell(ConfigError(str(error))))
            if cfg.resume is None:
                _discard(folder, Path(cfg.runs_dir))
        except TrainingDivergedError as error:
            codes.append(failures.tell(error))
        except InterruptedRunError as error:
            sys.exit(failures.tell(error))
        return None

    return job


def _reading_job(work: Work, codes: list[int]) -> Callable[[DictConfig], Any]:
    """The function that Hydra calls where no run begins: nothing is checked beforehand and no folder removed."""

    def job(cfg: DictConfig) -> None:
        try:
            work(cfg, Path())
        except (ConfigError, OmegaConfBaseException) as error:
            codes.append(failures.tell(ConfigError(str(error))))

    return job


def _swept(work: Work, cfg: DictConfig, folder: Path, hydra_cfg: Any) -> Any:
    """One run of a sweep, unless it has finished already; what goes wrong is noted, so that the others go on."""
    if (folder / "metrics.json").exists():
        return None
    _divide_threads(hydra_cfg.launcher)
    failures.clear(folder)
    sweep, number = Path(os.path.relpath(hydra_cfg.sweep.dir)), int(hydra_cfg.job.num)
    try:
        config.check(cfg, dict(hydra_cfg.runtime.choices), list(hydra_cfg.overrides.task))
        OmegaConf.resolve(cfg)
        return work(cfg, folder)
    except (ConfigError, OmegaConfBaseException) as error:
        failures.note(sweep, number, ConfigError(str(error)))
        _discard(folder, Path(cfg.runs_dir))
    except InterruptedRunError:
        sys.exit(
            failures.tell(InterruptedRunError(f"interrupted; go on with: python -m src.train sweep_resume={sweep}"))
        )
    except Exception as error:
        failures.note(sweep, number, error)
        with (folder / f"{hydra_cfg.job.name}.log").open("a") as file:
            file.write(traceback.format_exc())
    return None


def _divide_threads(launcher: DictConfig) -> None:
    """Give each of the processes that a launcher starts its share of the cores, before PyTorch is imported there."""
    processes = int(launcher.get("n_jobs") or 1)
    num_cores = cores.available()
    if processes < 0:  # joblib counts from the cores down
        processes = max(1, num_cores + 1 + processes)
    if processes > 1:
        os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(max(1, num_cores // processes))


def _discard(folder: Path, root: Path) -> None:
    """Remove the folder of a run that never began, and the folders above it that this leaves empty."""
    logging.shutdown()
    shutil.rmtree(folder, ignore_errors=True)
    for parent in folder.resolve().parents:
        if root.resolve() not in (parent, *parent.parents) or any(parent.iterdir()):
            return
        parent.rmdir()


def _quiet() -> None:
    """Keep libraries' remarks that no user of this project can act upon off the terminal."""
    for name in ("lightning.pytorch", "lightning.fabric", "lightning", "lightning.pytorch.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module="lightning")
    warnings.filterwarnings("ignore", module="torch.jit")


def _problem(*, _root_: DictConfig) -> str:
    """The name under which runs are filed: the experiment, or else the dataset."""
    choices = _root_.hydra.runtime.choices
    return str(choices.get("experiment") or choices.data)


class ClaimFolder(Callback):
    """Gives each run and each sweep a folder that nobody else has, also where two start in the same instant.

    Attributes:
        sweep: This command's sweep; set beforehand where it is resumed.
    """

    sweep: ClassVar[Path | None] = None

    def on_run_start(self, config: DictConfig, **_: Any) -> None:
        """Claim the run's folder; processes that train together share the first one's."""
        if "LOCAL_RANK" in os.environ:
            return
        with open_dict(config):
            config.hydra.run.dir = claim(config.hydra.run.dir)

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Claim the sweep's folder; its runs are numbered inside it."""
        resumed = ClaimFolder.sweep
        with open_dict(config):
            config.hydra.sweep.dir = str(resumed or claim(config.hydra.sweep.dir))
            config.hydra.overrides.hydra.append(f"hydra.sweep.dir='{config.hydra.sweep.dir}'")
        ClaimFolder.sweep = Path(os.path.relpath(config.hydra.sweep.dir))
        failures.forget(ClaimFolder.sweep)


def claim(folder: str) -> str:
    """Make a new folder, `folder` itself or the first free of `folder_2`, `folder_3`, …; its name."""
    Path(folder).parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        name = folder if number == 1 else f"{folder}_{number}"
        try:
            Path(name).mkdir()
        except FileExistsError:
            number += 1
        else:
            return name


def resumed_arguments(arguments: list[str]) -> list[str]:
    """The command line that goes on with a run: `resume=FOLDER` becomes that run's own saved configuration.

    Raises:
        ConfigError: There is no such run, or an override would exchange one of its parts.
    """
    wanted = [argument.partition("=")[2] for argument in arguments if argument.startswith("resume=")]
    if not wanted or wanted[-1] in ("", "null"):
        return arguments
    folder = find_run(wanted[-1], _value(arguments, "runs_dir", "runs"), "resume")
    saved = OmegaConf.load(folder / ".hydra" / "config.yaml")
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
        f"resume='{folder}'",
    ]


def resumed_sweep_arguments(arguments: list[str]) -> list[str]:
    """The command line that goes on with a sweep: `sweep_resume=FOLDER` becomes its own saved overrides.

    Raises:
        ConfigError: There is no such sweep, or an override would change it.
    """
    wanted = [argument.partition("=")[2] for argument in arguments if argument.startswith("sweep_resume=")]
    if not wanted:
        return arguments
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
    ClaimFolder.sweep = folder
    return ["--multirun", *kept, *saved.task, *rest]


def _value(arguments: list[str], key: str, default: str) -> str:
    values = [argument.partition("=")[2] for argument in arguments if argument.startswith(f"{key}=")]
    return values[-1] if values else default


def find_run(name: str, runs_dir: str, key: str) -> Path:
    """The folder of a run: `latest` under `runs_dir`, or a path.

    Raises:
        ConfigError: There is none.
    """
    if name == "latest":
        configs = Path(runs_dir).glob("**/.hydra/config.yaml")
        newest = max(configs, key=lambda path: path.stat().st_mtime_ns, default=None)
        if newest is None:
            raise ConfigError(f"{key}: there is no run under {runs_dir}/ yet; train one, or set runs_dir")
        return newest.parent.parent
    folder = Path(name)
    if not (folder / ".hydra" / "config.yaml").exists():
        raise ConfigError(f"{key}: {name} is not a run folder (it has no .hydra/config.yaml); try {key}=latest")
    return folder


def _reworded(error: Exception, config_name: str) -> str:
    """Hydra's message as one line that ends in a remedy."""
    text = str(error)
    if unknown := re.match(r"Could not override '([^']+)'", text):
        key = unknown.group(1)
        known = config.known_keys(config_name, sys.argv[1:], with_hydra=key.startswith("hydra."))
        return f"{key}: unknown key; {config.suggestion(key, known)}"
    if isinstance(error, MissingConfigException) and (missing := re.search(r"Could not find '([^']+)/([^'/]+)'", text)):
        group, option = missing.groups()
        return f"{group}: no option {option!r}; choose from {config.options(group)}"
    return " ".join(text.split())
