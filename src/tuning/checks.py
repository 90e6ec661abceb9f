"""Whether a search can work: its options exist, its bounds obey the rules, and its runs measure the objectives."""

from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig, OmegaConf
from optuna.distributions import CategoricalDistribution

from src.building.build import is_plain, make_head
from src.building.making import make
from src.building.plan import settled
from src.building.run_length import num_steps
from src.command.tasks import decide
from src.data.base import InMemoryDataModule
from src.errors import ConfigError, suggestion
from src.settings import composed as rules
from src.settings import unread
from src.settings.undecided import has_any_rate
from src.trust import targets
from src.tuning.options import SIZE
from src.tuning.space import Space

_ANY_RATE = 1e-3  # in place of one that each run chooses itself


def check_settings(loader: ConfigLoader, master: DictConfig, space: Space, objectives: list[str], folder: Path) -> int:
    """Refuse a search that would fail later: tries the settings at both ends of its space, and each option once.

    Args:
        loader: Hydra's configuration loader.
        master: The configuration of the sweep itself.
        space: The search space.
        objectives: The metrics to optimize.
        folder: The sweep's folder.

    Returns:
        The maximum number of epochs of a run.
    """
    low, high = ({key: _ends(each)[end] for key, each in space.searched.items()} for end in (0, 1))
    settings, max_epochs = [low, high], 0
    for key, distribution in space.searched.items():
        if isinstance(distribution, CategoricalDistribution):
            settings += [low | {key: choice} for choice in distribution.choices[1:-1]]
    for number, setting in enumerate(settings):
        overrides = space.jobs(setting)[0]
        cfg = loader.load_sweep_config(master, overrides)
        task = OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key != "hydra"])
        rules.check_keys(task, cfg.hydra)
        unread.check(task, [*overrides, *master.hydra.overrides.hydra])
        if number < 2:
            _check_built(task, objectives, folder)
        max_epochs = max(max_epochs, task.trainer.max_epochs or 0)
    return max_epochs


def _ends(distribution: Any) -> tuple[Any, Any]:
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[0], distribution.choices[-1]
    return distribution.low, distribution.high


def _check_built(cfg: DictConfig, objectives: list[str], folder: Path) -> None:
    """Refuse values that a constructor rejects, and objectives that runs do not measure."""
    decide(cfg, folder)
    plain: Any = OmegaConf.to_container(cfg, resolve=True)
    rules.check_values(plain)
    targets.check(plain, folder)
    if is_plain(cfg):
        return
    cfg = settled(cfg)
    if has_any_rate(cfg):
        cfg.optimizer.lr = _ANY_RATE
    datamodule: InMemoryDataModule = make(cfg, "data")
    head = make_head(cfg, datamodule.spec, num_steps(cfg, datamodule))
    known = [f"{stage}/{name}" for stage in ("val", "train") for name in head.all_score_names] + [SIZE]
    for name in objectives:
        if name not in known:
            raise ConfigError(f"hydra.sweeper.objective: no run measures {name}; {suggestion(name, set(known))}")
