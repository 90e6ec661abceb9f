"""`experiment=table` compared with scikit-learn's models on the development tables, fold by fold, on the same rows.

    python -m tests.benchmarks.bench_tables data_dir=../shared/data [tables=glass,sonar] [folds=1] [repeats=1] [kept=…]

Five folds twice, unless `folds` and `repeats` ask for fewer. Every model trains on all rows of the other folds. Mean
accuracy has to be at least, and mean log loss at most, that of the best of logistic regression, forest and boosting by
its mean over all tables, within one standard error of the paired difference over tables; R² of the tables of numbers
likewise. Each table that is lost is listed. `kept` names a folder that keeps runs and scores for the next time.

These are development tables: the defaults of `experiment=table` were chosen on rows of them, never by their test folds.
"""

import contextlib
import io
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import sklearn
import torch
from sklearn.metrics import accuracy_score, log_loss, r2_score

from src import lab
from src.data.tabular.base import TabularDataModule
from src.data.tabular.bundled import BundledTable
from src.data.tabular.file import TableFile
from src.estimators.models import Fitted, baselines
from src.storage.files import aside

FOLDS, REPEATS = 5, 2
OURS = "experiment=table"
RAW = "histogram boosting"  # knows missing numbers, and no scale
MODELS = {
    "classification": ("logistic regression", "random forest", RAW),
    "regression": ("ridge regression", "random forest", RAW),
}
SCORES = {"classification": ("accuracy", "log_loss"), "regression": ("r2",)}
SMALLER_IS_BETTER = {"log_loss"}


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


def ours(name: str, source: Source, folder: Path, kept: Path, folds: int, repeats: int) -> Iterator[dict[str, float]]:
    """The scores of `experiment=table` on each fold of each repetition, unless saved before."""
    for repeat in range(repeats):
        for fold in range(folds):
            run = kept / "runs" / f"{name}_{repeat}_{fold}"
            if not (run / "metrics.json").exists():
                words = [*source.words(folder), f"seed={repeat}", f"data.folds={FOLDS}", f"data.fold={fold}"]
                words += ["logger=none", "callbacks.figures=null", "callbacks.importance=null", f"hydra.run.dir={run}"]
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    lab.train("table", *words)
            metrics = json.loads((run / "metrics.json").read_text())
            yield {score: metrics[f"test/{score}"] for score in SCORES[source.task]}


def measured(name: str, folder: Path, kept: Path, folds: int, repeats: int) -> Found:
    """The mean scores of a table over its folds, of all models."""
    source = TABLES[name]
    every: list[Found] = []
    for repeat in range(repeats):
        for fold in range(folds):
            file = kept / f"scikit-learn-{sklearn.__version__}" / f"{name}_{repeat}_{fold}.json"
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                found = theirs(source, folder, fold, repeat)
                with aside(file) as part:
                    part.write_text(json.dumps(found))
            every.append(json.loads(file.read_text()))
    for found, own in zip(every, ours(name, source, folder, kept, folds, repeats), strict=True):
        found[OURS] = own
    return {
        model: {score: statistics.fmean(found[model][score] for found in every) for score in scores}
        for model, scores in every[0].items()
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
    with tempfile.TemporaryDirectory() as scratch:
        kept = Path(options.get("kept", scratch)).resolve()
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
