"""`experiment=table` compared with scikit-learn's models on the development tables, fold by fold, on the same rows.

    python -m tests.benchmarks.bench_tables data_dir=../shared/data [tables=glass,sonar] [folds=1] [repeats=1] [kept=…]

Five folds twice, unless `folds` and `repeats` ask for fewer. Every model trains on all rows of the other folds. Mean
accuracy has to be at least, and mean log loss at most, that of the best of logistic regression, forest and boosting by
its mean over all tables, within one standard error of the paired difference over tables; R² of the tables of numbers
likewise. Each table that is lost is listed.

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


def measured(name: str, folder: Path, kept: Path, folds: int, repeats: int) -> Found:
    """The mean scores of all models on a table over its folds."""
    source, every = TABLES[name], []
    measures = {f"scikit-learn-{sklearn.__version__}": theirs, f"table-{settings()}": ours}
    for repeat in range(repeats):
        for fold in range(folds):
            found: Found = {}
            for models, measure in measures.items():
                file = kept / models / f"{name}_{repeat}_{fold}.json"
                if not file.exists():
                    new = measure(source, folder, fold, repeat)
                    file.parent.mkdir(parents=True, exist_ok=True)
                    with aside(file) as part:
                        part.write_text(json.dumps(new))
                found |= json.loads(file.read_text())
            every.append(found)
    return {
        model: {score: statistics.fmean(found[model][score] for found in every) for score in SCORES[source.task]}
        for model in every[0]
    }


def judged(results: dict[str, Found], score: str) -> bool:
    """Print one score over all tables; returns whether it is as good as the best of the others."""
    sign = -1 if score in SMALLER_IS_BETTER else 1
    models = next(iter(results.values()))
    means = {model: statistics.fmean(found[model][score] for found in results.values()) for model in models}
    best = max((model for model in means if model != OURS), key=lambda model: sign * means[model])
    gains = {name: sign * (found[OURS][score] - found[best][score]) for name, found in results.items()}
    mean = statistics.fmean(gains.values())
    error = statistics.stdev(gains.values()) / len(gains) ** 0.5 if len(gains) > 1 else float("nan")
    kept = not mean < -error
    print(f"\n{score}, mean over {len(results)} tables: " + ", ".join(f"{m} {v:.4f}" for m, v in means.items()))
    print(f"  better than {best} by {mean:+.4f} ± {error:.4f}{'' if kept else '  MISSED'}")
    lost = sorted((gain, name) for name, gain in gains.items() if gain < -5e-5)
    print("  lost: " + (", ".join(f"{name} ({gain:+.4f})" for gain, name in lost) or "none"))
    return kept


def main(words: list[str]) -> int:
    """Print each table's scores and the verdicts; returns 1 if one fails."""
    options = dict(word.split("=", 1) for word in words)
    folder = Path(options.get("data_dir", "../shared/data"))
    if not (folder / "tables").is_dir():
        print(f"skipped: {folder / 'tables'} is not there; give data_dir=, the folder that holds tables/")
        return 0
    names = options["tables"].split(",") if "tables" in options else list(TABLES)
    folds, repeats = int(options.get("folds", FOLDS)), int(options.get("repeats", REPEATS))
    torch.set_num_threads(1)
    results: dict[str, dict[str, Found]] = {task: {} for task in SCORES}
    kept = Path(options.get("kept", KEPT)).expanduser().resolve()
    for name in names:
        task = TABLES[name].task
        found = results[task][name] = measured(name, folder.resolve(), kept, folds, repeats)
        each = (f"{model} " + "/".join(f"{found[model][score]:.3f}" for score in SCORES[task]) for model in found)
        print(f"{name:<14}" + "   ".join(each), flush=True)
    print(f"\n{folds} of {FOLDS} folds, {repeats} of {REPEATS} times")
    verdicts = [judged(found, score) for task, found in results.items() if found for score in SCORES[task]]
    return int(not all(verdicts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
