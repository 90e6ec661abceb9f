"""RealMLP and TabM with their authors' defaults, by which `experiment=table` is measured.

Neither is a dependency of this project. `python -m tests.benchmarks.bench_tables oracles=true` measures them, which
takes hours and needs `pip install pytabkit tabm`, and keeps their scores in `oracles.json` beside this file, with the
versions, seeds and digests of the splits. Where a fold is in that file, no one else has to measure it.
"""

import hashlib
import json
import warnings
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from src.data.tabular.base import TabularDataModule
from src.estimators.models import Fitted
from src.storage.files import aside

MODELS = "RealMLP", "TabM"
PLACE = Path(__file__).with_suffix(".json")
_PACKAGES = "pytabkit", "tabm", "torch", "scikit-learn"

Scores = dict[str, float]


def fitted(model: str, data: TabularDataModule, seed: int) -> Callable[[Any], Any]:
    """One of MODELS with its defaults, fitted to the training rows as the forest gets them.

    Each splits off a fifth of the training rows to choose its best epoch, as its authors suggest for a single fit.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pytabkit

        task = "Regressor" if data.task == "regression" else "Classifier"
        kind = getattr(pytabkit, {"RealMLP": "RealMLP_TD_", "TabM": "TabM_D_"}[model] + task)
        train = data.splits[0]
        y = data.load().train.y if data.task == "regression" else train.y
        make = partial(kind, random_state=seed, device="cpu", n_threads=1, verbosity=0)
        return Fitted(make, train.x.double().numpy(), y.numpy(), len(data.class_names))


def digest(data: TabularDataModule) -> str:
    """A digest of the rows that a fold trains on and tests, as they were read, in their order."""
    raw = data.load()
    found = hashlib.sha256()
    for part in (raw.train, raw.test):
        for values in (part.x, part.y):
            found.update(values.contiguous().numpy().tobytes())
    return found.hexdigest()[:16]


def versions() -> dict[str, str]:
    """The installed versions of what the models are made of."""
    return {name: version(name) for name in _PACKAGES}


def read(place: Path = PLACE) -> dict[str, dict[str, Any]]:
    """What is known of each fold, by table, repetition and fold: `digest`, `seed` and the scores of each model."""
    found: dict[str, dict[str, Any]] = json.loads(place.read_text())["folds"] if place.exists() else {}
    return found


def keep(folds: dict[str, dict[str, Any]], place: Path = PLACE) -> None:
    """Write the file of all folds, one to a line, with the versions that are installed now."""
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(found)}" for name, found in sorted(folds.items()))
    with aside(place) as part:
        part.write_text(f'{{\n  "versions": {json.dumps(versions())},\n  "folds": {{\n{lines}\n  }}\n}}\n')
