"""The folders of runs and sweeps as objects: where each file is, and whose folder it is."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from src.errors import ConfigError
from src.storage.files import aside

CONFIG = Path(".hydra", "config.yaml")
"""Where a run's folder holds its configuration."""

FORMAT = 1
"""Of what this version writes into a folder; one more when older versions could no longer read it."""


@dataclass(frozen=True)
class RunFolder:
    """A run's folder: the names of its files stand here and nowhere else.

    Args:
        path: The folder.
    """

    path: Path

    @property
    def mark(self) -> Path:
        """The file that makes the folder this project's: the number of its format and an id of its own."""
        return self.path / "run.json"

    @property
    def config(self) -> Path:
        """The composed configuration."""
        return self.path / CONFIG

    @property
    def overrides(self) -> Path:
        """What the command line set."""
        return self.path / ".hydra" / "overrides.yaml"

    @property
    def hydra_config(self) -> Path:
        """Hydra's own configuration."""
        return self.path / ".hydra" / "hydra.yaml"

    @property
    def log(self) -> Path:
        """What the terminal showed."""
        return self.path / "train.log"

    @property
    def metrics(self) -> Path:
        """Scores of all splits; a run that has them has finished."""
        return self.path / "metrics.json"

    @property
    def history(self) -> Path:
        """A row an epoch."""
        return self.path / "metrics.csv"

    @property
    def threshold(self) -> Path:
        """The threshold that was chosen on validation rows."""
        return self.path / "threshold.json"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def best_checkpoint(self) -> Path:
        """The weights that validation chose."""
        return self.checkpoints / "best.ckpt"

    @property
    def last_checkpoint(self) -> Path:
        """The state after the newest epoch."""
        return self.checkpoints / "last.ckpt"

    @property
    def plots(self) -> Path:
        """The folder of figures."""
        return self.path / "plots"

    @property
    def tensorboard(self) -> Path:
        """The folder of TensorBoard's events."""
        return self.path / "tensorboard"

    @property
    def export(self) -> Path:
        """The folder of exported models."""
        return self.path / "export"

    @property
    def begun(self) -> bool:
        """Whether it holds what training has left."""
        return self.checkpoints.exists() or self.history.exists() or self.finished

    @property
    def finished(self) -> bool:
        """Whether the run has been trained and measured."""
        return self.metrics.exists()


@dataclass(frozen=True)
class SweepFolder:
    """A sweep's folder: its own files, beside those of its runs.

    Args:
        path: The folder.
    """

    path: Path

    @property
    def mark(self) -> Path:
        """The file that makes the folder this project's: the number of its format and an id of its own."""
        return self.path / "sweep.json"

    @property
    def overrides(self) -> Path:
        """Hydra's configuration of the sweep, which says what the command line set."""
        return self.path / "multirun.yaml"

    @property
    def failures(self) -> Path:
        """Why runs failed, a line each."""
        return self.path / "failures.txt"

    @property
    def stack_checkpoint(self) -> Path:
        """The checkpoint of the stack in progress."""
        return self.path / "stack.ckpt"

    @property
    def begun(self) -> bool:
        """Whether a run has a folder, or has failed."""
        return self.failures.exists() or any(path.is_dir() for path in self.path.iterdir())


SWEEP_FILES = ("sweep.json", "multirun.yaml")
"""What a sweep's folder holds before its first run has begun."""

UNFINISHED_FILES = (
    "metrics.csv",
    "threshold.json",
    "checkpoints/best.ckpt",
    "checkpoints/last.ckpt",
    "tensorboard/events.out.tfevents.*",
)
"""What a run that did not finish has left behind, and what one that starts anew must not take for its own."""

PARTS = (
    *(f".{name}.*-????????.part" for name in ("metrics.csv", "metrics.json", "threshold.json")),
    ".hydra/.*.yaml.*-????????.part",
    "checkpoints/.*.ckpt.*-????????.part",
    "plots/.*.*-????????.part",
)
"""What a process that was killed while it wrote may have left in a run's folder."""

SWEEP_PARTS = (".stack.ckpt.*-????????.part",)
"""The same in a sweep's folder."""

RUN_FILES = ("run.json", ".hydra/config.yaml", ".hydra/hydra.yaml", ".hydra/overrides.yaml", "train.log")
"""What a run's folder holds before training has begun."""

UNBEGUN_FILES = (
    *(*RUN_FILES, *UNFINISHED_FILES, *PARTS),
    *("tensorboard/hparams.yaml", "csv/hparams.yaml", "csv/metrics.csv"),
)
"""What a process may have left in a run's folder when it ends before there is anything to resume from."""

_TRAINED = ("metrics.csv", "metrics.json", "threshold.json")
_TRAINED_FOLDERS = (".hydra", "checkpoints", "plots", "tensorboard")


def owner_of(path: Path) -> RunFolder | None:
    """The run whose own file `path` is or would be, if it is one's; a new file of another name is nobody's."""
    place = path.parent.resolve() / path.name
    for folder in place.parents:
        run, top = RunFolder(folder), place.relative_to(folder).parts[0]
        own = (
            top in _TRAINED_FOLDERS
            or top.startswith("evaluation")
            or str(place.relative_to(folder)) in (*RUN_FILES, *_TRAINED)
        )
        if own and run.config.is_file():
            return run
    return None


def write_mark(path: Path, **facts: Any) -> None:
    """Mark a folder as this project's, by the file at `path`: the number of the format, a new id, and more `facts`."""
    with aside(path) as part:
        part.write_text(json.dumps({"format": FORMAT, "id": secrets.token_hex(8), **facts}) + "\n")


def read_mark(path: Path) -> dict[str, Any]:
    """What the mark at `path` says; empty where there is none that this project wrote."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > 2**16:
        return {}
    try:
        found = json.loads(path.read_text())
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("id"), str) else {}


def find_run(name: str, runs_dir: str, key: str) -> Path:
    """The folder of a run.

    Args:
        name: `latest`, or a path.
        runs_dir: Where the latest is looked for.
        key: What the user set, for messages.

    Raises:
        ConfigError: There is none.
    """
    if name == "latest":
        newest = max(Path(runs_dir).glob(f"**/{CONFIG}"), key=lambda path: path.stat().st_mtime_ns, default=None)
        if newest is None:
            raise ConfigError(f"{key}: there is no run under {runs_dir}/ yet; train one, or set runs_dir")
        return newest.parent.parent
    folder = Path(name)
    if not (folder / CONFIG).exists():
        raise ConfigError(f"{key}: {name} is not a run folder (it has no {CONFIG}); try {key}=latest")
    return folder
