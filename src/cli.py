"""What all commands share: Hydra around the work, one-line errors and exit codes.

Exit codes: 0 done, 1 training failed, 2 bad input, 130 interrupted.
"""

import logging
import os
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException, MissingConfigException
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from src import config
from src.errors import ConfigError, ExportError, InterruptedRunError, TrainingDivergedError, suggestion
from src.folders import CONFIG, claim, discard, find_run

Work = Callable[[DictConfig, Path], Any]


def command(config_name: str, work: Work) -> None:
    """Run `work` on the configuration that the command line composes, in a folder of its own; then exit.

    Args:
        config_name: The primary configuration, `conf/<config_name>.yaml`.
        work: What to do with a configuration and its folder.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # hand errors on instead of printing them
    OmegaConf.register_new_resolver("problem", _problem, replace=True)
    _quiet()
    failures: list[int] = []
    try:
        config.check_arguments(sys.argv[1:])
        rewritten = resumed_arguments if config_name == "train" else run_arguments
        arguments = quoted(rewritten(sys.argv[1:]))
        sys.argv[1:] = sorted(arguments, key=lambda argument: not argument.startswith("-"))  # `-m` may stand anywhere
        hydra.main(version_base="1.3", config_path=str(config.CONF), config_name=config_name)(
            _job(config_name, work, failures)
        )()
    except (HydraException, OmegaConfBaseException) as error:
        failures.append(_fail(ConfigError(_reworded(error, config_name))))
    except (ConfigError, KeyboardInterrupt) as error:
        failures.append(_fail(error))
    except BrokenPipeError:  # the reader of our output, `head` for one, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(max(failures, default=0))


def _fail(error: BaseException) -> int:
    """Print an error as one line; the exit code that goes with it."""
    prefix, code = {
        ConfigError: ("config error: ", 2),
        TrainingDivergedError: ("training diverged: ", 1),
        ExportError: ("export failed: ", 1),
        InterruptedRunError: ("", 130),
        KeyboardInterrupt: ("interrupted", 130),
    }[type(error)]
    print(f"{prefix}{error}", file=sys.stderr)
    return code


def _job(config_name: str, work: Work, failures: list[int]) -> Callable[[DictConfig], Any]:
    """The function that Hydra calls for each job: checks the configuration, does the work, notes what went wrong."""

    def job(cfg: DictConfig) -> Any:
        hydra_cfg = HydraConfig.get()
        folder = Path(os.path.relpath(hydra_cfg.runtime.output_dir))
        try:
            config.check(config_name, cfg, dict(hydra_cfg.runtime.choices), list(hydra_cfg.overrides.task))
            OmegaConf.resolve(cfg)
            return work(cfg, folder)
        except (ConfigError, OmegaConfBaseException) as error:
            failures.append(_fail(ConfigError(" ".join(str(error).split()))))
            if config_name == "train" and cfg.resume is None:
                discard(folder, Path(cfg.runs_dir))
        except (TrainingDivergedError, ExportError) as error:
            failures.append(_fail(error))
        except InterruptedRunError as error:
            sys.exit(_fail(error))  # past Hydra, so that a sweep ends too
        return None

    return job


def _quiet() -> None:
    """Keep libraries' remarks that no user of this project can act upon off the terminal."""
    for name in ("lightning.pytorch", "lightning.fabric", "lightning", "lightning.pytorch.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("onnxscript", "onnx_ir", "torch.onnx", "torch.export"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    warnings.filterwarnings("ignore", module="torch.jit")


def _problem(*, _root_: DictConfig) -> str:
    """The name under which runs are filed: the experiment, or else the dataset."""
    choices = _root_.hydra.runtime.choices
    return str(choices.get("experiment") or choices.data)


class ClaimFolder(Callback):
    """Gives each run and each sweep a folder that nobody else has, also where two start in the same instant."""

    def on_run_start(self, config: DictConfig, **_: Any) -> None:
        """Claim the run's folder; processes that train together share the first one's."""
        if "LOCAL_RANK" in os.environ:
            return
        with open_dict(config):
            config.hydra.run.dir = claim(config.hydra.run.dir)

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Claim the sweep's folder; its runs are numbered inside it."""
        with open_dict(config):
            config.hydra.sweep.dir = claim(config.hydra.sweep.dir)
            config.hydra.overrides.hydra.append(f"hydra.sweep.dir='{config.hydra.sweep.dir}'")


def resumed_arguments(arguments: list[str]) -> list[str]:
    """The command line that goes on with a run: `resume=FOLDER` becomes that run's own saved configuration.

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


def run_arguments(arguments: list[str]) -> list[str]:
    """The command line of a command on a run: `data.KEY=VALUE` is a change of the run's own configuration."""
    return [f"+changes.{argument}" if re.match(r"data\.[\w.]+=", argument) else argument for argument in arguments]


def quoted(arguments: list[str]) -> list[str]:
    """The command line with the rules of thresholds in quotes, since Hydra's grammar has no `>`."""
    return [re.sub(r"^((?:head\.)?threshold)=([^'\"].*>=.*)$", r"\1='\2'", argument) for argument in arguments]


def _value(arguments: list[str], key: str, default: str) -> str:
    values = [argument.partition("=")[2] for argument in arguments if argument.startswith(f"{key}=")]
    return values[-1] if values else default


def _reworded(error: Exception, config_name: str) -> str:
    """Hydra's message as one line that ends in a remedy."""
    text = str(error)
    if unknown := re.match(r"Could not override '([^']+)'", text):
        key = unknown.group(1)
        known = config.known_keys(config_name, sys.argv[1:])
        return f"{key}: unknown key; {suggestion(key, known)}"
    if isinstance(error, MissingConfigException) and (missing := re.search(r"Could not find '([^']+)/([^'/]+)'", text)):
        group, option = missing.groups()
        return f"{group}: no option {option!r}; choose from {config.options(group)}"
    return " ".join(text.split())
