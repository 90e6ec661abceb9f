"""The run, or the runs of a sweep, that a command works with; several predict together, by the mean."""

import copy
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from torch import Tensor

from src.errors import ConfigError
from src.heads.base import Head
from src.runs.opening import OpenRun, open_run
from src.storage import runs_table
from src.storage.finding import find_run, latest_sweep
from src.storage.folders import SWEEP, RunFolder, SweepFolder

log = logging.getLogger(__name__)

_COMPARED = "data", "network", "head", "optimizer", "scheduler", "trainer"
_REPEATS = re.compile(r"(.+[._])?seed|data\.fold")
_INEXACT = 1e-6  # difference between probabilities and those of the logits computed from them
_MOST_SHOWN = 4  # values of a key in a message


@dataclass
class Ensemble:
    """One or more runs of one setting.

    Attributes:
        members: The runs.
        folder: The folder of the run or the sweep.
    """

    members: list[OpenRun]
    folder: Path

    @property
    def first(self) -> OpenRun:
        """The first run, for everything that all share."""
        return self.members[0]

    @property
    def name(self) -> str:
        """Its name in messages."""
        return str(self.folder) if len(self.members) == 1 else f"the mean of {len(self.members)} runs of {self.folder}"

    @property
    def thresholds(self) -> list[float] | None:
        """The mean of the members' thresholds; None if they have none."""
        each = [member.head.thresholds for member in self.members if member.head.thresholds is not None]
        return [sum(values) / len(values) for values in zip(*each, strict=True)] or None

    def answers(self, inputs: list[Tensor]) -> dict[str, list[Any]]:
        """Columns with the prediction for each row; `predicted` comes first.

        Args:
            inputs: The rows [N, *input_shape] as each member sees them.

        Raises:
            ConfigError: The head's probabilities cannot be averaged.
        """
        with torch.no_grad():
            logits = [
                each.head(x.to(each.head.device)).float().cpu() for each, x in zip(self.members, inputs, strict=True)
            ]
            if len(logits) == 1:
                return self.first.head.answers(logits[0])
            heads = [member.head for member in self.members]
            estimates = [head.estimates(rows.double()) for head, rows in zip(heads, logits, strict=True)]
            return _told(self._joint_head(), torch.stack(estimates).mean(dim=0))

    def _joint_head(self) -> Head:
        head = copy.copy(self.first.head)
        if self.thresholds is not None:
            head.set_thresholds(self.thresholds)
        return head

    def check_columns(self) -> None:
        """Raise `ConfigError` if members have learned different input columns, so that no single table serves all."""
        names = set(self.first.spec.feature_names)
        for member in self.members[1:]:
            if other := sorted(names ^ set(member.spec.feature_names)):
                raise ConfigError(
                    f"sweep: {member.folder} and {self.first.folder} have learned different categories (got "
                    f"{', '.join(other)} in one of them), so no single file of numbers serves both; use src.predict, "
                    "which reads the table itself, or export one run=…"
                )


def _told(head: Head, estimates: Tensor) -> dict[str, list[Any]]:
    """A head's predictions for `estimates`, its values or probabilities [N, …]."""
    logits = head.logits_of(estimates)
    if not torch.allclose(head.estimates(logits), estimates, rtol=0, atol=_INEXACT):
        raise ConfigError(f"sweep: {type(head).__name__} cannot predict from a mean of probabilities; give one run=…")
    return head.answers(logits)


def open_named(cfg: DictConfig) -> Ensemble:
    """Open the run, or the runs of the sweep, that a command's `cfg` names.

    Raises:
        ConfigError: There is no such run, or the runs cannot predict together.
    """
    if cfg.get("sweep") is None:
        opened = open_run(find_run(cfg.run, cfg.runs_dir, "run"), cfg.changes, cfg.data_dir, cfg.get("trust"))
        return Ensemble([opened], opened.folder)
    names = [cfg.sweep] if isinstance(cfg.sweep, str) else list(cfg.sweep)
    folders = [latest_sweep(Path(cfg.runs_dir)) if name == "latest" else Path(name) for name in names]
    runs = [run for folder in folders for run in _finished(folder)]
    members = [open_run(run, cfg.changes, cfg.data_dir, cfg.get("trust")) for run in runs]
    _check_alike(members)
    return Ensemble(members, folders[0] if len(folders) == 1 else folders[0].parent)


def _finished(folder: Path) -> list[Path]:
    """The folder of a run, or those of the finished runs of a sweep."""
    if RunFolder(folder).config.exists():
        return [folder]
    runs = SweepFolder(folder).runs
    finished = sorted((run.path for run in runs if run.finished), key=lambda path: (len(path.name), path.name))
    listed = len(runs_table.without_folder(folder))
    if not finished and listed:
        raise ConfigError(
            f"sweep: the runs in {folder} have no folders (hydra.launcher.folders), only rows in {SWEEP.table}; "
            "train the sweep with hydra.launcher.folders=all"
        )
    if listed:
        log.info("left out: %d runs without a folder (hydra.launcher.folders)", listed)
    if not finished:
        raise ConfigError(f"sweep: {folder} holds no finished runs; give the folder of a sweep, or sweep=latest")
    if missing := len(runs) - len(finished):
        log.info("left out: %d of %d runs, which have not finished", missing, len(runs))
    return finished


def _check_alike(members: list[OpenRun]) -> None:
    """Refuse runs of several settings, or with different classes."""
    values: dict[str, dict[str, None]] = {}
    for member in members:
        for key, value in _leaves({group: member.cfg.get(group) for group in _COMPARED}):
            values.setdefault(key, {})[str(value)] = None
    if differing := [key for key, found in values.items() if len(found) > 1 and not _REPEATS.fullmatch(key)]:
        key = differing[0]
        shown = ", ".join([*list(values[key])[:_MOST_SHOWN], *(["…"] if len(values[key]) > _MOST_SHOWN else [])])
        raise ConfigError(
            f"sweep: its runs have several settings, but an ensemble has one (got {key}={shown}); name the runs of "
            f"one, as in sweep=[{members[0].folder},…]"
        )
    first = members[0]
    for member in members[1:]:
        for what in ("task", "class_names"):
            mine, theirs = getattr(first.spec, what), getattr(member.spec, what)
            if mine != theirs:
                raise ConfigError(
                    f"sweep: {member.folder} was trained with a different {what} from {first.folder} (got {theirs} and "
                    f"{mine}), so they cannot predict together; name runs with the same training"
                )


def _leaves(node: Any, name: str = "") -> list[tuple[str, Any]]:
    """Dotted key and value of everything below a node."""
    plain: Any = OmegaConf.to_container(node, resolve=True) if OmegaConf.is_config(node) else node
    if not isinstance(plain, dict):
        return [(name, plain)]
    return [leaf for key, value in plain.items() for leaf in _leaves(value, f"{name}.{key}" if name else str(key))]
