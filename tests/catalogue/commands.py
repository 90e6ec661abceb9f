"""The allowed values of each key of commands on runs, listed by hand, and a folder to run such commands in."""

import json
from collections.abc import Iterator
from functools import cache
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from src.command.tasks import ReadingTask
from src.places import CONF
from tests.catalogue.attempts import values_for
from tests.catalogue.domains import SEED, TEXT, Domain, alike, list_of, number, one_of, switch, whole
from tests.command.place import QUICK, WORK, give

TRAINED = "run"
WORDS = {
    "evaluate": (f"run={TRAINED}", "resamples=20", "allow_changed_data=false"),
    "predict": (f"run={TRAINED}", "input=formulas.csv", "output=out.csv"),
    "export": (f"run={TRAINED}", "format=torch_export", "output=out.pt2"),
    "baselines": (f"run={TRAINED}", "resamples=20", "metric=roc_auc"),
    "compare": ("sweep=sweep", "output=out", "boundaries=0"),
    "describe": ("data=xor", "data.num_train=40", "data.num_val=20", "data.num_test=20", "output=out"),
}
"""Commands that work in the place."""

METRICS = "test/loss", "val/loss", "epochs"
_ON_RUN: dict[str, Domain] = {
    "run": one_of(),
    "runs_dir": TEXT.as_bound(),  # of no use where a run is named
    "data_dir": TEXT.as_bound().or_null(),  # of no use to drawn rows
    "trust": one_of().or_null(),
    "changes": Domain(lambda value: isinstance(value, dict)).as_bound(),  # no rows of the run's own are predicted
    "allow_changed_data": switch().as_bound(),
    "force": switch().as_bound(),
}
_PLOTS = one_of({"dpi": 100, "format": "svg"})
_OF_ONE_SETTING = list_of(one_of(), ["sweep/0", "sweep/1"]).or_null()
KEYS: dict[str, dict[str, Domain]] = {
    "evaluate": _ON_RUN
    | {
        "changes": list_of(one_of(), {"data": {"noise": 0.3}}, lengths=range(0)),
        "split": one_of("train", "val"),
        "threshold": number(0, 1, 0.9, above=True, below=True).or_word("f1", "recall>=0.9").or_null(),
        "calibration": one_of("temperature", others=("none",)).or_null(),
        "resamples": whole(0, inf, 0, 50),
        "baselines": switch(True),
        "plots": _PLOTS,
    },
    "baselines": _ON_RUN
    | {
        "changes": list_of(one_of(), lengths=range(0)),
        "sweep": one_of().or_null(),
        "metric": one_of("log_loss", "f1", others=("accuracy",)).or_null(),
        "rope": number(0, 1e6, 0.2),
        "baseline_seed": whole(0, 2**32 - 1, 5),
        "resamples": whole(0, inf, 0, 50),
        "most_numbers": whole(2 * 64, inf, 200),
    },
    "predict": _ON_RUN
    | {
        "sweep": _OF_ONE_SETTING,
        "input": one_of("file.csv"),
        "output": TEXT.or_null(),
        "formulas": one_of("keep", others=("escape",)),
    },
    "export": _ON_RUN
    | {
        "sweep": _OF_ONE_SETTING,
        "format": one_of(others=("torch_export", "onnx", "replay")),
        "output": TEXT.or_null(),
        "most_epochs": whole(3, inf).as_bound(),
        "max_bytes": whole(1, inf).as_bound(),
    },
    "compare": {
        "sweep": one_of(TRAINED),
        "runs_dir": TEXT.as_bound(),
        "metric": one_of(*METRICS, others=("test/accuracy",)).or_null(),
        "group_by": list_of(one_of("seed"), ["seed"], ["seed", "optimizer.lr"]).or_word("seed"),
        "rank_by": one_of("test"),
        "reference": list_of(one_of(), ["optimizer.lr=0.2"]).or_word("optimizer.lr=0.2").or_null(),
        "rope": number(0, 1e6, 0.2, 0),
        "boundaries": whole(0, inf, 2),
        "trust": Domain(lambda value: isinstance(value, str | list)).as_bound(),  # of no use where no run is opened
        "output": TEXT.or_null(),
        "force": switch().as_bound(),
        "plots": _PLOTS,
    },
    "describe": {
        "seed": SEED,
        "data_dir": TEXT.as_bound(),  # of no use to drawn rows
        "trust": one_of().or_null(),
        "output": TEXT.or_null(),
        "force": switch().as_bound(),
        "head": one_of(),
        "data": one_of(),
    },
}


class Case(NamedTuple):
    """A value for a key of a command, tried daily or by `make test-faults` alone."""

    command: str
    key: str
    value: Any
    domain: Domain
    daily: bool

    @property
    def name(self) -> str:
        """The name of the test."""
        return f"{self.command}-{self.key}={self.value!r}"[:80]

    def configuration(self) -> DictConfig:
        """The composed configuration with the value."""
        cfg = composed(self.command).copy()
        OmegaConf.update(cfg, self.key, self.value, merge=False)
        return cfg


@cache
def composed(command: str) -> DictConfig:
    """The configuration of a command that works."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose(command, list(WORDS[command]))


def cases() -> Iterator[Case]:
    """Every key of every command, with each value."""
    for command, domains in KEYS.items():
        for number_of, (key, default) in enumerate(OmegaConf.to_container(composed(command)).items()):
            domain = domains[key]
            for value, daily in values_for(number_of, domain):
                if not alike(value, default):
                    yield Case(command, key, value, domain, daily)


def make_place(folder: Path) -> None:
    """Fill the working folder with a run, a sweep of two settings and tables to predict."""
    quick = [*QUICK, "data.num_val=20", "data.num_test=20"]
    assert give("train", [*quick, "hydra.run.dir=run"]) == 0
    words = ["-m", "optimizer.lr=0.1,0.2", "seed=0,1", "hydra.sweep.dir=sweep", "hydra/launcher=vectorized"]
    assert give("train", [*quick, *words]) == 0
    (folder / "file.csv").write_text("x1,x2\n0.1,0.9\n-0.2,0.3\n")
    (folder / "formulas.csv").write_text("x1,x2,=note\n0.1,0.9,=1+1\n")


def attempt(command: str, cfg: DictConfig) -> None:
    """Run a command's configuration, checked as on the command line."""
    ReadingTask(command, WORK[command]).do(cfg)


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder and its contents, without what differs each time."""
    return {str(path.relative_to(folder)): _text(path) for path in folder.rglob("*") if path.is_file()}


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        return json.dumps(json.loads(content), sort_keys=True)
    except ValueError:
        return content.hex()
