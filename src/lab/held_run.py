"""The contents of a run's folder: its settings, scores, history, network and rows."""

import contextlib
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from omegaconf import DictConfig
from torch import nn

from src.data.base import InMemoryDataModule
from src.data.rows import Rows, Split, Splits
from src.errors import ConfigError
from src.heads.base import Head
from src.lab.project import PROJECT
from src.lab.records import Records
from src.networks.affine import affine_map
from src.reporting import summary as report
from src.reporting.html import html_table
from src.runs.opening import OpenRun, open_run
from src.storage.epochs import read
from src.storage.folders import RunFolder
from src.trust.plain import read_json


class HeldRun:
    """The contents of a run's folder, with the best weights of its network.

    Args:
        opened: The folder, opened.
    """

    def __init__(self, opened: OpenRun) -> None:
        self._opened = opened

    @classmethod
    def read(cls, folder: Path, trust: Any = None) -> Self:
        """The run of a folder that holds a configuration and a checkpoint.

        Args:
            folder: The folder.
            trust: Package, or list of packages, whose classes the run may name.
        """
        return cls(open_run(folder.resolve(), trust=trust))

    def __str__(self) -> str:
        """The run's folder, as you would write it in a command from the project's folder."""
        return str(self.folder.relative_to(PROJECT) if self.folder.is_relative_to(PROJECT) else self.folder)

    def __repr__(self) -> str:
        scores = {name.removeprefix("test/"): value for name, value in self.metrics.items() if name.startswith("test/")}
        shown = ", ".join(f"{name} {value:.4f}" for name, value in scores.items() if isinstance(value, float))
        return f"<run {self}: {shown}>"

    def _repr_html_(self) -> str:
        judged = {True: ", solved", False: ", not solved"}.get(self.metrics.get("solved"), "")  # type: ignore[arg-type]
        epochs = (
            f", {report.several(self.metrics['epochs'], 'epoch')}" if "epochs" in self.metrics else ", not finished"
        )
        return html_table(self.records().lines(), f"{self}{epochs}{judged}", texts=[0])

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return self._opened.folder

    @property
    def cfg(self) -> DictConfig:
        """The run's resolved configuration: `run.cfg.optimizer.lr`."""
        return self._opened.cfg

    @property
    def metrics(self) -> dict[str, Any]:
        """The contents of `metrics.json`: `run.metrics["test/accuracy"]`; empty for a run that did not finish."""
        run = RunFolder(self.folder)
        return dict(read_json(run.metrics)) if run.finished else {}

    @property
    def history(self) -> list[dict[str, float]]:
        """The rows of `metrics.csv`, one per epoch."""
        return read(RunFolder(self.folder).history)

    @property
    def network(self) -> nn.Module:
        """The network, in evaluation mode: from scaled rows [N, *input_shape] to outputs [N, num_outputs]."""
        return self._opened.head.network

    @property
    def head(self) -> Head:
        """The LightningModule around the network."""
        return self._opened.head

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in the order of their labels."""
        return self._opened.spec.class_names

    @property
    def equation(self) -> str:
        """The equation learned by a network of linear layers: its boundary, its line, or the score of each class.

        Raises:
            ConfigError: The network is not a weighted sum.
        """
        linear = affine_map(self.network, self._opened.spec.num_inputs)
        if linear is None:
            raise ConfigError("equation: a network with activations has none; look at plot_boundary()")
        weight, bias = (part.tolist() for part in linear)
        return report.equation(weight, bias, self._opened.spec, bool(self._opened.datamodule.standardize))

    @cached_property
    def datamodule(self) -> InMemoryDataModule:
        """The run's data, read again from the source: `run.datamodule.splits.test.x`."""
        return self._with_data().datamodule

    def _with_data(self) -> OpenRun:
        """The opened run, with its data read and checked; a relative path to them starts at the project's folder."""
        with contextlib.chdir(PROJECT):
            self._opened.check_data()
        return self._opened

    def rows(self, split: Split = "test") -> Rows:
        """A split's rows, as `predict` takes them: inputs x [N, *input_shape] before any scaling, and targets y [N].

        Training targets are those that the network learned from, including any label noise.

        Args:
            split: `train`, `val` or `test`.
        """
        if split not in Splits._fields:
            raise ConfigError(f"split: should be one of {', '.join(Splits._fields)} (got {split!r}); name one of them")
        held: Rows = getattr(self.datamodule.splits, split)
        if self.datamodule.scaler is None or self.datamodule.scaled_when_served:
            return held
        return Rows(getattr(self._unscaled, split).x, held.y)

    @cached_property
    def _unscaled(self) -> Splits:
        with contextlib.chdir(PROJECT):
            return self.datamodule.load()

    def records(self) -> Records:
        """The scores of `metrics.json`, one record per split: `pandas.DataFrame(run.records())`."""
        scores: dict[str, dict[str, Any]] = {split: {"split": split} for split in Splits._fields}
        for name, value in self.metrics.items():
            split, _, score = name.partition("/")
            if split in scores and isinstance(value, int | float):
                scores[split][score] = value
        return Records(scores.values())
