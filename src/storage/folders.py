"""The folders of runs and sweeps as objects: the paths of their files, and whom a folder belongs to."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunFolder:
    """A run's folder: the names of its files are defined here and nowhere else.

    Args:
        path: The folder.
    """

    path: Path

    @property
    def mark(self) -> Path:
        """The file that marks the folder as this project's: the format version and a unique id."""
        return self.path / "run.json"

    @property
    def hydra(self) -> Path:
        """The folder of Hydra's files."""
        return self.path / ".hydra"

    @property
    def config(self) -> Path:
        """The composed configuration."""
        return self.hydra / "config.yaml"

    @property
    def overrides(self) -> Path:
        """The overrides of the command line."""
        return self.hydra / "overrides.yaml"

    @property
    def hydra_config(self) -> Path:
        """Hydra's own configuration."""
        return self.hydra / "hydra.yaml"

    @property
    def log(self) -> Path:
        """The log of the terminal's output."""
        return self.path / "train.log"

    @property
    def metrics(self) -> Path:
        """Scores of all splits; a run that has them has finished."""
        return self.path / "metrics.json"

    @property
    def history(self) -> Path:
        """The metrics of each epoch, one row per epoch."""
        return self.path / "metrics.csv"

    @property
    def threshold(self) -> Path:
        """The threshold that a rule chose, or that was set later."""
        return self.path / "threshold.json"

    @property
    def calibration(self) -> Path:
        """The temperature that was fitted."""
        return self.path / "calibration.json"

    @property
    def baselines(self) -> Path:
        """The scores of simpler methods on the run's rows."""
        return self.path / "baselines.json"

    @property
    def provenance(self) -> Path:
        """Versions, commit, machine, seed and data that the run's numbers come from."""
        return self.path / "provenance.json"

    @property
    def data_facts(self) -> Path:
        """The detected kinds of the columns of the run's table."""
        return self.path / "data.json"

    @property
    def rates(self) -> Path:
        """The losses of the learning rates that were tried before training."""
        return self.path / "learning_rates.csv"

    @property
    def importance(self) -> Path:
        """The importance of each column of the run's table."""
        return self.path / "importance.csv"

    @property
    def rows_seen(self) -> Path:
        """Keys of the training and validation rows from a file."""
        return self.path / "rows_seen.bin"

    @property
    def row_digests(self) -> Path:
        """Digests of all rows of the file that the run was trained on."""
        return self.path / "row_digests.bin"

    @property
    def fold_predictions(self) -> Path:
        """The run's predictions for the rows of its test fold."""
        return self.path / "fold_predictions.csv"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def best_checkpoint(self) -> Path:
        """The weights of the best epoch by validation."""
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
    def board(self) -> Path:
        """The record of where the events of a sweep's run are in the sweep's folder."""
        return self.path / "tensorboard.json"

    @property
    def export(self) -> Path:
        """The folder of exported models."""
        return self.path / "export"

    def movie(self, start: int = 0) -> Path:
        """The movie of the boundary; for a resumed run, of the epochs since `start`."""
        return self.plots / (f"boundary_from_epoch{start:05d}.gif" if start else "boundary.gif")

    def replay(self, start: int = 0) -> Path:
        """The page that replays the training; if a resumed run lacks the beginning, from epoch `start` on."""
        return self.export / (f"replay_from_epoch{start:05d}.html" if start else "replay.html")

    def evaluation(self, *differences: str) -> Path:
        """The folder of an evaluation, named by its `differences` from the default."""
        return self.path / "_".join(["evaluation", *differences])

    @property
    def begun(self) -> bool:
        """Whether training has left anything in the folder."""
        return self.checkpoints.exists() or self.history.exists() or self.finished

    @property
    def finished(self) -> bool:
        """Whether the run has been trained and evaluated."""
        return self.metrics.exists()


@dataclass(frozen=True)
class SweepFolder:
    """A sweep's folder: its own files, besides those of its runs.

    Args:
        path: The folder.
    """

    path: Path

    @property
    def mark(self) -> Path:
        """The file that marks the folder as this project's: the format version and a unique id."""
        return self.path / "sweep.json"

    @property
    def overrides(self) -> Path:
        """Hydra's configuration of the sweep, with the overrides of the command line."""
        return self.path / "multirun.yaml"

    @property
    def failures(self) -> Path:
        """Why runs failed, one line each."""
        return self.path / "failures.txt"

    @property
    def table(self) -> Path:
        """The table of the runs that have ended."""
        return self.path / "runs.csv"

    @property
    def configs(self) -> Path:
        """The configurations of runs that are only rows of the table."""
        return self.path / "configs.json"

    @property
    def out_of_fold(self) -> Path:
        """The out-of-fold predictions: each row is predicted by the run that tests it."""
        return self.path / "out_of_fold.csv"

    @property
    def baselines(self) -> Path:
        """The scores of simpler methods on the rows of its splits."""
        return self.path / "baselines.json"

    @property
    def tensorboard(self) -> Path:
        """The folder of all runs' events."""
        return self.path / "tensorboard"

    @property
    def stack_checkpoint(self) -> Path:
        """The checkpoint of the stack in progress."""
        return self.path / "stack.ckpt"

    def checkpoint_of(self, number: int) -> Path:
        """The checkpoint of one of the stacks in progress, by its `number`, if several train at a time."""
        return self.path / f"stack_{number}.ckpt"

    @property
    def stack_checkpoints(self) -> list[Path]:
        """The checkpoints of all stacks in progress."""
        return sorted(self.path.glob("stack*.ckpt"))

    @property
    def tasks(self) -> Path:
        """The folder of files for a cluster's workers."""
        return self.path / "tasks"

    @property
    def study(self) -> Path:
        """The journal of a search for good settings."""
        return self.path / "study.journal"

    @property
    def trials(self) -> Path:
        """The table of all settings that a search has tried."""
        return self.path / "study.csv"

    @property
    def plots(self) -> Path:
        """The folder of a search's figures."""
        return self.path / "plots"

    @property
    def runs(self) -> list[RunFolder]:
        """The sweep's runs that have begun, in no particular order."""
        return [RunFolder(path.parent.parent) for path in self.path.glob(f"*/{RUN.overrides}")]

    @property
    def begun(self) -> bool:
        """Whether a run has begun, with or without a folder, or has failed."""
        files = self.failures, self.table, *self.stack_checkpoints
        return any(file.exists() for file in files) or any(path.is_dir() for path in self.path.iterdir())


@dataclass(frozen=True)
class EvaluationFolder:
    """The folder of an evaluation.

    Args:
        path: The folder.
    """

    path: Path

    @property
    def metrics(self) -> Path:
        """Scores and their intervals."""
        return self.path / "metrics.json"


RUN, SWEEP = RunFolder(Path()), SweepFolder(Path())
"""The paths of files relative to the folder."""
