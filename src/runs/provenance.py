"""Where a run's numbers come from: versions, commit, machine, seed and data, in a file of its own."""

import hashlib
import os
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import lightning.pytorch as pl
import torch
from torch import Tensor

from src.data.base import InMemoryDataModule
from src.places import CLONE
from src.storage.folders import RunFolder
from src.storage.values import write_json

_PACKAGES = "torch", "lightning", "torchmetrics", "scikit-learn", "hydra-core"
_MOST_BYTES = 2**27  # of rows to digest, a tenth of a second
_SECONDS = 10  # for git to answer


class Together(NamedTuple):
    """Runs that are trained as one.

    Attributes:
        num_runs: Number of runs.
        num_threads: Number of threads that share them.
    """

    num_runs: int
    num_threads: int


def write(folder: Path, seed: int, data: Any, trainer: pl.Trainer, together: Together | None = None) -> None:
    """Write `provenance.json` into a run's folder; it contains no cells of the data.

    Args:
        folder: The run's folder.
        seed: Seed of its initial weights.
        data: Its dataset.
        trainer: Its trainer.
        together: The stack that it is trained in; None if it is trained alone.
    """
    device = trainer.strategy.root_device
    facts = {
        **environment(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "threads": together.num_threads if together else torch.get_num_threads(),
        "precision": str(trainer.precision),
        "seed": seed,
        "data_digest": digest_of(data),
        "stack": together.num_runs if together else None,
    }
    write_json(RunFolder(folder).provenance, facts)


@cache
def environment() -> dict[str, Any]:
    """What is the same for every run of a process: the versions, the system and the git commit, if there is one."""
    versions = {"python": platform.python_version()}
    for package in _PACKAGES if CLONE else ("classification-lab", *_PACKAGES):  # for a clone, the commit says more
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    found = git_of(CLONE) if CLONE else None
    return {
        "versions": versions,
        "system": f"{platform.system()} {platform.machine()}",
        **({} if found is None else {"git": found}),
    }


def git_of(project: Path) -> dict[str, Any] | None:
    """The commit of the repository at `project`, and whether its work tree is clean; None if there is none.

    A repository that contains the project as a sub-folder does not count.
    """
    top, _, commit = (_git(project, "rev-parse", "--show-toplevel", "HEAD") or "").rpartition("\n")
    if not top or Path(top).resolve() != project.resolve():
        return None
    status = _git(project, "status", "--porcelain")
    return {"commit": commit, "clean": None if status is None else not status}


def _git(project: Path, *words: str) -> str | None:
    """The output of git, or None if there is none or git is missing."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", str(project), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, env=plain, check=False)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def digest_of(data: Any) -> str | None:
    """A digest of the files that `data` were read from, or of their rows; None for other data and for too many rows."""
    if not isinstance(data, InMemoryDataModule):
        return None
    if data.source is not None:
        return data.source.content or data.source.digest
    tensors = [part for rows in data.splits for part in rows]
    if not all(isinstance(part, Tensor) for part in tensors) or sum(part.nbytes for part in tensors) > _MOST_BYTES:
        return None
    digest = hashlib.blake2b(digest_size=16)
    for part in tensors:
        digest.update(part.contiguous().cpu().numpy().data)
    return digest.hexdigest()
