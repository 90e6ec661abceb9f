"""A value for a key of a composed configuration: whether it is accepted, and what it changes."""

import csv
import json
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from math import inf, nan
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from src.building.build import build
from src.runs.training import Run
from src.settings import composed as config
from src.stacking import own_rate
from tests.catalogue.domains import DOMAINS, Domain, alike
from tests.data.image_files import write_pngs

HUGE = 10**400  # more than a float holds

VALUES = [
    *("frobnicate", True, None, ["a"], [-1], {"a": 1}),
    *(-1, 2.5, nan, inf, 1e-30, 1e30, HUGE),
]
"""A wrong type, sign or size for most keys."""

_MADE = tempfile.TemporaryDirectory()
FILES = Path(_MADE.name)
"""Holds a table and a folder of pictures from when they are first asked for."""

_SMALL = ("logger=none", "callbacks.progress_bar=null", "trainer.accelerator=cpu", "trainer.max_epochs=4")
_NO_FIGURES = "callbacks.figures=null"
_ROWS = ("data.num_samples=80", "data.batch_size=24")

COMPOSITIONS: dict[str, tuple[str, ...]] = {
    "xor": (
        *("experiment=xor", "data.num_train=40", "data.num_val=20", "data.num_test=20", "data.batch_size=16"),
        *("optimizer.lr=1", "optimizer.momentum=0.5", "callbacks.early_stopping.patience=2"),
        *("callbacks.early_stopping.min_delta=10", _NO_FIGURES),
    ),
    "and_gate": ("experiment=and_gate", "trainer.check_val_every_n_epoch=1", _NO_FIGURES),
    "circles": ("experiment=circles", *_ROWS, "scheduler=step", "scheduler.step_size=2", "optimizer=adam", _NO_FIGURES),
    "spirals": ("experiment=spirals", *_ROWS, "network.hidden_dims=[5]", "scheduler=cosine", _NO_FIGURES),
    "blobs": (
        *("experiment=blobs", "data.num_samples=80", "scheduler=plateau", "scheduler.patience=0"),
        *("+scheduler.threshold=0.9", "+scheduler.cooldown=0", _NO_FIGURES),
    ),
    "moons": ("experiment=moons", *_ROWS, "network.hidden_dims=[5]", "scheduler=onecycle", _NO_FIGURES),
    "multilabel": ("experiment=multilabel", *_ROWS, "network.hidden_dims=[5]", _NO_FIGURES),
    "line": ("experiment=line", "data.num_samples=40", _NO_FIGURES),
    "iris": ("experiment=iris", _NO_FIGURES),
    "digits": ("experiment=digits", "data.classes=[3,4]", "network.hidden_dims=[5]", "data.batch_size=96", _NO_FIGURES),
    "cnn": ("experiment=digits_cnn", "data.classes=[3,4]", "network.dims=[4]", "data.batch_size=96", _NO_FIGURES),
    "csv": (
        *("data=csv", f"data.path={FILES / 'plants.csv'}", "data.target=kind", "network.hidden_dims=[5]", _NO_FIGURES),
        *("data.ignore=[]", "data.batch_size=24", "head=binary"),
    ),
    "tabular": (
        *("data=csv", f"data.path={FILES / 'plants.csv'}", "data.target=kind", "network=tabular", _NO_FIGURES),
        *("data.ignore=[]", "data.batch_size=24", "network.hidden_dims=[5]", "optimizer.lr=0.01", "head=binary"),
    ),
    "pictures": (
        *("data=image_folder", f"data.path={FILES / 'pictures'}", f"data.cache={FILES / 'decoded'}", _NO_FIGURES),
        *("data.image_size=8", "network.hidden_dims=[5]", "data.batch_size=8", "head=binary"),
    ),
    "loggers": ("experiment=line", "data.num_samples=40", "logger=[tensorboard,csv]", _NO_FIGURES),
    "figures": ("experiment=line", "data.num_samples=40", "callbacks.figures.every_n_epochs=2"),
    "movie": (
        *("experiment=moons", *_ROWS, "network.hidden_dims=[3,3]", "callbacks=boundary_movie", _NO_FIGURES),
        *("callbacks.boundary_movie.frames=3", "callbacks.boundary_movie.max_units=2"),
    ),
}
"""Experiments of every kind of rows, small; among them they have nearly all keys."""

_SKIPPED = (
    "callbacks.progress_bar",  # is a member of a group, not a value
    "callbacks.figures",
    "logger",
    *("runs_dir", "data_dir", "resume", "trust"),  # paths and packages: tests/command, tests/trust
)


_PATHS = "data.path", "data.csv"  # a message may begin with the missing file itself


class Done(NamedTuple):
    """The results of a run: its weights after training, its numbers, its rows, and its files."""

    run: Run
    weights: list[Any]
    numbers: str
    rows: list[Any]
    files: dict[str, int]
    looks: dict[str, Any]

    def changes(self, other: "Done") -> list[str]:
        """What differs in another run."""
        return [name for name in ("weights", "numbers", "rows", "files") if getattr(self, name) != getattr(other, name)]


def _callback(name: str, attribute: Callable[[Any], Any]) -> Callable[[Run], Any]:
    def look(run: Run) -> Any:
        found = [each for each in run.parts.trainer.callbacks if type(each).__name__ == name]  # type: ignore[attr-defined]
        return attribute(found[0]) if found else None

    return look


def _found(run: Run, pattern: str) -> list[str]:
    return sorted(str(path.relative_to(run.folder)) for path in run.folder.glob(pattern))


EFFECTS: dict[str, Callable[[Run], Any]] = {
    "solved.metric": lambda run: run.cfg.solved.metric,
    "data.steps_per_execution": lambda run: run.parts.datamodule.steps_per_execution,
    "head.loss": lambda run: run.cfg.head.get("loss"),
    "optimizer.fused": lambda run: run.parts.trainer.optimizers[0].param_groups[0].get("fused"),
    "data.skip_broken": lambda run: run.parts.datamodule.skip_broken,
    "data.reading": lambda run: run.parts.datamodule.as_seen,
    "logger.csv.name": lambda run: _found(run, "*/metrics.csv") + _found(run, "*/*/metrics.csv"),
    "logger.csv.version": lambda run: _found(run, "csv/**/metrics.csv"),
    "logger.tensorboard.log_graph": lambda run: sum(path.stat().st_size for path in run.folder.glob("tensorboard/*")),
    "logger.tensorboard.histograms": lambda run: run.parts.trainer.loggers[0].histograms,
    "scheduler.monitor": lambda run: run.cfg.scheduler.get("monitor"),
    "scheduler.mode": lambda run: run.cfg.scheduler.get("mode"),
    "scheduler.interval": lambda run: run.cfg.scheduler.get("interval"),
    "callbacks.early_stopping.monitor": _callback("EarlyStopping", lambda each: each.monitor),
    "callbacks.early_stopping.mode": lambda run: run.cfg.callbacks.early_stopping.mode,
    "callbacks.model_checkpoint.monitor": _callback("ModelCheckpoint", lambda each: each.monitor),
    "callbacks.model_checkpoint.mode": lambda run: run.cfg.callbacks.model_checkpoint.mode,
    "callbacks.model_checkpoint.seconds_between_writes": _callback("ModelCheckpoint", lambda it: it._throttle.seconds),
    "callbacks.figures.seconds_between_drawings": _callback("Figures", lambda each: each._throttle.seconds),
    "callbacks.figures.dpi": _callback("Figures", lambda each: each.pictures.dpi),
    "callbacks.figures.format": _callback("Figures", lambda each: each.pictures.format),
    "callbacks.importance.dpi": _callback("Importance", lambda each: each.pictures.dpi),
    "callbacks.importance.format": _callback("Importance", lambda each: each.pictures.format),
    "plots.dpi": lambda run: run.cfg.plots.dpi,
    "plots.format": lambda run: run.cfg.plots.format,
    "trainer.detect_anomaly": lambda run: run.parts.trainer._detect_anomaly,
    "trainer.deterministic": lambda run: torch.are_deterministic_algorithms_enabled(),
    "trainer.log_every_n_steps": lambda run: run.parts.trainer.log_every_n_steps,
    "trainer.threads": lambda run: torch.get_num_threads(),
}
"""Where a key has an effect that neither numbers nor files show."""


class Case(NamedTuple):
    """A value for a key of a composition; the `daily` ones are tried by `make test`, all by `make test-faults`."""

    composition: str
    key: str
    value: Any
    domain: Domain
    daily: bool

    @property
    def name(self) -> str:
        """The name of the test."""
        value = "10**400" if self.value is HUGE else repr(self.value)
        return f"{self.composition}-{self.key}={value}"

    @property
    def words(self) -> list[str]:
        """The command line that trains it."""
        value = json.dumps(self.value).replace('"', "").replace("NaN", "nan").replace("Infinity", "inf")
        sign = "+" if any(word.startswith(f"+{self.key}=") for word in COMPOSITIONS[self.composition]) else ""
        words = [word for word in words_of(self.composition) if word.lstrip("+").partition("=")[0] != self.key]
        return [*words, f"{sign}{self.key}={value}"]

    def configuration(self) -> DictConfig:
        """The composed configuration with the value."""
        cfg = composed(self.composition).copy()
        OmegaConf.update(cfg, self.key, self.value, merge=False)
        return cfg

    def is_named_in(self, message: str) -> bool:
        """Whether a message names the key, or at least its last word, or the missing file."""
        if self.key in _PATHS and str(self.value) in message:
            return True
        return self.key in message or self.key.rpartition(".")[2].split("_")[0].lower() in message.lower()

    def is_shown_in(self, message: str) -> bool:
        """Whether a message shows the value, or the part of it that is wrong."""
        if self.key in _PATHS and str(self.value) in message:
            return True
        if self.value is HUGE:
            return "(got 1000" in message and "… of 401)" in message
        parts = [self.value, *(self.value if isinstance(self.value, list) else [])]
        return any(repr(part) in message for part in parts) or "(got " in message

    def seen_in(self, done: Done, reference: Done) -> list[str]:
        """What the value changes in a run, compared with the composition's own value."""
        seen, before = done.looks.get(self.key), reference.looks.get(self.key)
        return [self.key] if seen != before else done.changes(reference)


def as_parameter(case: Any) -> Any:
    """A case of this or another catalogue as pytest takes it."""
    return pytest.param(case, id=case.name, marks=() if case.daily else pytest.mark.faults)


@cache
def composed(name: str) -> DictConfig:
    """A composition, its interpolations not yet resolved."""
    with initialize_config_dir(str(config.CONF), version_base="1.3"):
        return compose("train", words_of(name))


def words_of(name: str) -> list[str]:
    """The overrides of a composition, whose files are there."""
    first, *others = COMPOSITIONS[name]
    if name in ("csv", "tabular", "pictures"):
        make_files()
    logs = any(word.startswith("logger=") for word in others)
    return [first, *_SMALL[logs:], *others]


def make_files() -> None:
    """Fill `FILES`: eighty plants of two kinds, and twenty-four pictures of two animals."""
    if (FILES / "plants.csv").exists():
        return
    write_pngs(FILES / "pictures", each=12)
    plants = [
        {
            **{"id": number, "height": number % 7 + number / 80, "stage": number % 3, "colour": "rgb"[number % 2]},
            "part": ("train", "train", "val", "test")[number % 4],
            "sort": "abc"[number % 3],
            "kind": "fern" if number % 5 > 1 else "moss",
        }
        for number in range(80)
    ]
    with (FILES / "plants.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(plants[0]))
        table.writeheader()
        table.writerows(plants)


def values_for(number_of: int, domain: Domain) -> Iterator[tuple[Any, bool]]:
    """All values for the key of a number, and whether they are tried daily: those that work, and each fourth of all."""
    for place, value in enumerate(VALUES):
        yield value, place % 4 == number_of % 4
    for value in domain.works:
        yield value, True


def cases() -> Iterator[Case]:
    """Every key of the compositions once, with each value."""
    known: set[str] = set()
    for name in COMPOSITIONS:
        for key, default in _leaves(composed(name)):
            place = f"{name}:{key}" if f"{name}:{key}" in DOMAINS else key
            if place in known or key in _SKIPPED or key.endswith("_target_"):
                continue
            known.add(place)
            domain = DOMAINS.get(place, Domain())
            for value, daily in values_for(len(known), domain):
                if not alike(value, default):
                    yield Case(name, key, value, domain, daily)


def _leaves(node: DictConfig, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name in node:
        child = node._get_node(name)
        key = f"{prefix}{name}"
        if isinstance(child, DictConfig) and not child._is_none() and not child._is_interpolation() and len(child):
            yield from _leaves(child, f"{key}.")
        else:
            plain = OmegaConf.to_container(node, resolve=False)[name]  # type: ignore[index,call-overload]
            yield key, plain


def _has(cfg: DictConfig, key: str) -> bool:
    group, _, name = key.rpartition(".")
    node = OmegaConf.select(cfg, group)
    return node is not None and name in node


def attempt(cfg: DictConfig, folder: Path) -> Done:
    """What a configuration trains to, checked as the command line checks it."""
    config.check_values(OmegaConf.to_container(cfg, resolve=True))
    OmegaConf.resolve(cfg)
    own_rate.settle(cfg, folder)
    run = Run(cfg, folder, build(cfg, folder))
    run.fit()
    weights = [(name, value.dtype, value.tolist()) for name, value in run.parts.head.state_dict().items()]
    run.evaluate()
    run.write()
    numbers = json.dumps({name: value for name, value in run.metrics.items() if name != "fit_seconds"})
    rows = [(list(each.x.shape), each.x[:64].tolist(), each.y.tolist()) for each in run.parts.datamodule.splits]
    looks = {key: look(run) for key, look in EFFECTS.items() if _has(cfg, key)}
    files = {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("plots/*")}
    return Done(run, weights, numbers, rows, files, looks)
