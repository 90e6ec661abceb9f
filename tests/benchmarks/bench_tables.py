"""`experiment=table` compared with scikit-learn's models on the development tables, fold by fold, on the same rows.

    python -m tests.benchmarks.bench_tables data_dir=../shared/data [tables=glass,sonar] [folds=1] [repeats=1] [kept=…]
        [oracles=true]

Five folds twice, unless `folds` and `repeats` ask for fewer. Every model trains on all rows of the other folds. Mean
accuracy has to be at least, and mean log loss at most, that of the best of logistic regression, forest and boosting by
its mean over all tables, within one standard error of the paired difference over tables; R² of the tables of numbers
likewise. Each table that is lost is listed. The same holds against RealMLP and TabM on the folds for which
`tests.benchmarks.oracles` knows their scores; `oracles=true` measures them on all of these folds.

The scores of each fold are kept in the folder `kept`, so that an interrupted measurement continues where it was:
`scikit-learn-<version>/<table>_<repeat>_<fold>.json` and `table-<digest>/…` likewise, with a digest of everything that
decides what `experiment=table` trains. The default is `$XDG_CACHE_HOME/classification-lab/bench-tables`, or
`~/.cache/…` if that variable is not set.

These are development tables: the defaults of `experiment=table` were chosen on rows of them, never by their test folds.
"""

import contextlib
import hashlib
import inspect
import io
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import sklearn
import torch
from omegaconf import OmegaConf
from sklearn.metrics import accuracy_score, log_loss, r2_score

from src import lab
from src.data.tabular.base import TabularDataModule
from src.data.tabular.bundled import BundledTable
from src.data.tabular.file import TableFile
from src.estimators.models import Fitted, baselines
from src.networks import mlp, numbers, tabular
from src.storage.files import aside
from tests.benchmarks import oracles
from tests.conftest import compose_train

FOLDS, REPEATS = 5, 2
KEPT = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "classification-lab" / "bench-tables"
OURS = "experiment=table"
RAW = "histogram boosting"  # knows missing numbers, and no scale
MODELS = {
    "classification": ("logistic regression", "random forest", RAW),
    "regression": ("ridge regression", "random forest", RAW),
}
SCORES = {"classification": ("accuracy", "log_loss"), "regression": ("r2",)}
SMALLER_IS_BETTER = {"log_loss"}
DECISIVE = "data", "network", "head", "optimizer", "scheduler", "trainer", "callbacks"


class Source(NamedTuple):
    """A table.

    Attributes:
        file: Its name in `data_dir/tables`, or scikit-learn's name for it.
        target: The column that is predicted; None for scikit-learn's.
        header: Whether the first line names the columns.
        task: What is predicted.
    """

    file: str
    target: str | int | None = None
    header: bool = False
    task: str = "classification"

    def words(self, folder: Path) -> list[str]:
        """Its overrides for `src.train`."""
        if self.target is None:
            return ["data=table", f"data.name={self.file}"]
        path = folder / "tables" / f"{self.file}.csv"
        found = [f"data.path={path}", f"data.target={self.target}", f"data.header={str(self.header).lower()}"]
        return [*found, "data.task=regression"] if self.task == "regression" else found

    def rows(self, folder: Path, fold: int, repeat: int) -> TabularDataModule:
        """One fold; all rows of the others train."""
        common: dict[str, Any] = {"folds": FOLDS, "fold": fold, "split_seed": repeat, "val_fraction": 0.0}
        common |= {"types": "auto", "positive": "auto", "task": self.task}
        if self.target is None:
            return BundledTable(name=self.file, **common)
        path = str(folder / "tables" / f"{self.file}.csv")
        return TableFile(path=path, target=self.target, header=self.header, **common)


TABLES = {
    "pima": Source("pima-indians-diabetes", -1),
    "german": Source("german", -1),
    "ionosphere": Source("ionosphere", -1),
    "sonar": Source("sonar", -1),
    "phoneme": Source("phoneme", -1),
    "glass": Source("glass", -1),
    "wheat": Source("wheat-seeds", -1),
    "breast": Source("breast-cancer", -1),
    "horse": Source("horse-colic", 23),
    "winequality": Source("winequality-red", -1),
    "penguins": Source("penguins", "species", header=True),
    "mpg_origin": Source("mpg", "origin", header=True),
    "tips_smoker": Source("tips", "smoker", header=True),
    "iris": Source("iris"),
    "wine": Source("wine"),
    "breast_cancer": Source("breast_cancer"),
    "digits": Source("digits"),
    "abalone": Source("abalone", -1, task="regression"),
    "housing": Source("housing", -1, task="regression"),
    "auto_imports": Source("auto_imports", -1, task="regression"),
    "mpg": Source("mpg", "mpg", header=True, task="regression"),
    "tips": Source("tips", "tip", header=True, task="regression"),
}

Found = dict[str, dict[str, float]]
"""The scores of each model by their names."""

Folds = dict[str, Found]
"""The scores of each model on each fold, by table, repetition and fold."""

Measure = Callable[[Source, Path, int, int], Found]
"""Measures some models on a fold of a table: of which source, from which folder, which fold of which repetition."""


def theirs(source: Source, folder: Path, fold: int, repeat: int) -> Found:
    """The scores of scikit-learn's models on a fold."""
    data = source.rows(folder, fold, repeat)
    train, _, test = data.splits
    raw = data.load()
    found = {}
    for name, make in baselines(data.task, len(train.y), seed=repeat).items():
        if name in MODELS[source.task]:
            x, held = (raw.train.x, raw.test.x) if name == RAW else (train.x, test.x)
            y = raw.train.y if source.task == "regression" else train.y
            model = Fitted(make, x.double().numpy(), y.numpy(), len(data.class_names))
            found[name] = _scores(model(held.double().numpy()), test.y.numpy(), len(data.class_names))
    return found


def _scores(said: Any, y: Any, num_classes: int) -> dict[str, float]:
    if not num_classes:
        return {"r2": float(r2_score(y, said))}
    return {
        "accuracy": float(accuracy_score(y, said.argmax(axis=1))),
        "log_loss": float(log_loss(y, said, labels=np.arange(num_classes))),
    }


def ours(source: Source, folder: Path, fold: int, repeat: int) -> Found:
    """The scores of `experiment=table` on a fold, with its out-of-fold scores (`val/…`) and the seconds of training."""
    words = [*source.words(folder), f"seed={repeat}", f"data.folds={FOLDS}", f"data.fold={fold}", "logger=none"]
    words += ["callbacks.figures=null", "callbacks.importance=null"]
    with tempfile.TemporaryDirectory() as scratch:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            lab.train("table", *words, f"hydra.run.dir={scratch}/run")
        metrics = json.loads(Path(scratch, "run", "metrics.json").read_text())
    scores = {score: metrics[f"test/{score}"] for score in SCORES[source.task]}
    scores |= {f"val/{score}": metrics[f"val/{score}"] for score in SCORES[source.task]}
    return {OURS: scores | {"fit_seconds": metrics["fit_seconds"]}}


def settings() -> str:
    """A digest of everything that decides what `experiment=table` trains."""
    cfg = compose_train("experiment=table", "data.path=rows.csv", "data.target=y")
    composed = OmegaConf.to_yaml(OmegaConf.masked_copy(cfg, list(DECISIVE)))
    networks = [Path(inspect.getfile(each)).read_text() for each in (mlp, numbers, tabular)]
    return hashlib.sha256("\n".join([composed, *networks]).encode()).hexdigest()[:12]


def oracle(model: str, source: Source, folder: Path, fold: int, repeat: int) -> Found:
    """The scores of RealMLP or TabM on a fold."""
    data = source.rows(folder, fold, repeat)
    held = data.splits[2]
    said = oracles.fitted(model, data, seed=repeat)(held.x.double().numpy())
    return {model: _scores(said, held.y.numpy(), len(data.class_names))}


def measured(name: str, folder: Path, kept: Path, pairs: list[tuple[int, int]], wanted: dict[str, Measure]) -> Folds:
    """The scores of all models on a table, by fold, from `kept` or measured now; and what is known of the oracles."""
    source, known, every = TABLES[name], oracles.read(), {}
    for repeat, fold in pairs:
        key, found = f"{name}_{repeat}_{fold}", {}
        for models, measure in wanted.items():
            file = kept / models / f"{key}.json"
            if not file.exists():
                new = measure(source, folder, fold, repeat)
                file.parent.mkdir(parents=True, exist_ok=True)
                with aside(file) as part:
                    part.write_text(json.dumps(new))
            found |= json.loads(file.read_text())
        if key in known and known[key]["digest"] == oracles.digest(source.rows(folder, fold, repeat)):
            found = {model: known[key][model] for model in oracles.MODELS if model in known[key]} | found
        every[key] = found
    return every


def means(every: Folds, models: Iterable[str], task: str) -> Found:
    """The mean scores of some models over all folds of a table."""
    return {
        model: {score: statistics.fmean(found[model][score] for found in every.values()) for score in SCORES[task]}
        for model in models
    }


def judged(results: dict[str, Found], score: str) -> bool:
    """Print one score over some tables; returns whether it is as good as the best of the others."""
    sign = -1 if score in SMALLER_IS_BETTER else 1
    models = next(iter(results.values()))
    over = {model: statistics.fmean(found[model][score] for found in results.values()) for model in models}
    best = max((model for model in over if model != OURS), key=lambda model: sign * over[model])
    gains = {name: sign * (found[OURS][score] - found[best][score]) for name, found in results.items()}
    mean = statistics.fmean(gains.values())
    error = statistics.stdev(gains.values()) / len(gains) ** 0.5 if len(gains) > 1 else float("nan")
    good = not mean < -error
    print(f"\n{score}, mean over {len(results)} tables: " + ", ".join(f"{m} {v:.4f}" for m, v in over.items()))
    print(f"  better than {best} by {mean:+.4f} ± {error:.4f}{'' if good else '  MISSED'}")
    lost = sorted((gain, name) for name, gain in gains.items() if gain < -5e-5)
    print("  lost: " + (", ".join(f"{name} ({gain:+.4f})" for gain, name in lost) or "none"))
    return good


def judged_by_oracles(every: dict[str, Folds], task: str) -> list[bool]:
    """Print the scores beside those of each oracle, on the folds for which they are known."""
    verdicts = []
    for model in oracles.MODELS:
        both = {name: {key: f for key, f in folds.items() if model in f} for name, folds in every.items()}
        results = {name: means(folds, (model, OURS), task) for name, folds in both.items() if folds}
        if results:
            print(f"\non {sum(map(len, both.values()))} folds for which {model} was measured:", end="")
            verdicts += [judged(results, score) for score in SCORES[task]]
    return verdicts


def main(words: list[str]) -> int:
    """Print each table's scores and the verdicts; returns 1 if one fails."""
    options = dict(word.split("=", 1) for word in words)
    folder = Path(options.get("data_dir", "../shared/data")).resolve()
    if not (folder / "tables").is_dir():
        print(f"skipped: {folder / 'tables'} is not there; give data_dir=, the folder that holds tables/")
        return 0
    names = options["tables"].split(",") if "tables" in options else list(TABLES)
    pairs = list(product(range(int(options.get("repeats", REPEATS))), range(int(options.get("folds", FOLDS)))))
    torch.set_num_threads(1)
    kept = Path(options.get("kept", KEPT)).expanduser().resolve()
    wanted: dict[str, Measure] = {f"scikit-learn-{sklearn.__version__}": theirs, f"table-{settings()}": ours}
    if again := options.get("oracles") == "true":
        found_in = "-".join(oracles.versions().values())
        wanted |= {f"{model}-{found_in}": partial(oracle, model) for model in oracles.MODELS}
    every: dict[str, dict[str, Folds]] = {task: {} for task in SCORES}
    for name in names:
        task = TABLES[name].task
        folds = every[task][name] = measured(name, folder, kept, pairs, wanted)
        if again:
            _keep(name, folds, folder)
        shown = means(folds, (*MODELS[task], OURS), task)
        each = (f"{model} " + "/".join(f"{shown[model][score]:.3f}" for score in SCORES[task]) for model in shown)
        print(f"{name:<14}" + "   ".join(each), flush=True)
    print(f"\n{len(pairs)} of {FOLDS * REPEATS} folds of each table")
    verdicts = []
    for task, tables in every.items():
        if tables:
            results = {name: means(folds, (*MODELS[task], OURS), task) for name, folds in tables.items()}
            verdicts += [judged(results, score) for score in SCORES[task]]
            verdicts += judged_by_oracles(tables, task)
    return int(not all(verdicts))


def _keep(name: str, folds: Folds, folder: Path) -> None:
    """Keep the scores of the oracles on a table for those who do not measure them."""
    known = oracles.read()
    for key, found in folds.items():
        repeat, fold = map(int, key.rsplit("_", 2)[1:])
        scores = {m: {score: round(v, 5) for score, v in found[m].items()} for m in oracles.MODELS if m in found}
        known[key] = {"digest": oracles.digest(TABLES[name].rows(folder, fold, repeat)), "seed": repeat, **scores}
    oracles.keep(known)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
