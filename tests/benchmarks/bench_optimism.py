"""What choosing each member's best epoch on its fold does to `val/…` of an ensemble: validation less test, over splits.

    python -m tests.benchmarks.bench_optimism [data_dir=../shared/data] [splits=20] [members=16] [network.dropout=0 …]

The out-of-fold scores of an ensemble come from the rows on which its members chose their epochs, which flatters them;
and of each row a few members answer, where of a test row all do, which does them wrong. Each training is measured with
the weights of the best epochs and with those of the last, which nothing chose: the difference is what choosing adds.
"""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from torch import nn

from src.stacking.ensemble import EnsembleRun, build_ensemble
from tests.conftest import compose_train

SCORES = "accuracy", "log_loss"
WORDS = [
    *("experiment=table", "head=auto", "logger=none", "callbacks.progress_bar=null", "callbacks.figures=null"),
    *("callbacks.importance=null", "callbacks.model_checkpoint.seconds_between_writes=1000", "trainer.threads=1"),
    "callbacks.early_stopping.patience=1000",
]
BUNDLED = "iris", "wine", "breast_cancer"
FILES = "glass", "sonar", "wheat-seeds", "ionosphere", "pima-indians-diabetes"


def main(words: list[str]) -> None:
    """Train, measure and print a row for each table."""
    options = dict(word.split("=", 1) for word in words)
    more = [word for word in words if "." in word.partition("=")[0]]
    splits, members = int(options.get("splits", 20)), int(options.get("members", 16))
    print(f"validation less test, means over {splits} splits ± standard error; {members} members")
    print(f"{'':24}{'':10}{'best epochs':>20}{'last epoch':>20}{'choosing adds':>20}")
    every: dict[str, list[float]] = {score: [] for score in SCORES}
    for name, data in tables(options.get("data_dir")):
        found = [differences([*data, *more, f"network.members={members}", f"seed={split}"]) for split in range(splits)]
        for score in SCORES:
            pairs = [each[score] for each in found]
            columns = [[best for best, _ in pairs], [last for _, last in pairs], [best - last for best, last in pairs]]
            every[score].append(statistics.fmean(columns[2]))
            print(f"{name:24}{score:10}" + "".join(f"{spoken(column):>20}" for column in columns), flush=True)
    for score, values in every.items():
        print(f"over {len(values)} tables, choosing adds to {score}: {spoken(values)}")


def tables(data_dir: str | None) -> Iterator[tuple[str, list[str]]]:
    """Name of each table, and what `src.train` is told of it."""
    for name in BUNDLED:
        yield name, ["data=table", f"data.name={name}"]
    for name in FILES if data_dir else ():
        path = Path(str(data_dir), "tables", f"{name}.csv").resolve()
        yield name, [f"data.path={path}", "data.target=-1", "data.header=false"]


def differences(words: list[str]) -> dict[str, tuple[float, float]]:
    """Validation less test of each score: with the weights of the best epochs, and with those of the last."""
    with tempfile.TemporaryDirectory() as folder:
        run = build_ensemble(compose_train(*WORDS, *words), Path(folder))
        run.fit()
        best = measured(run)
        assert run.module is not None
        network = run.parts.head.network
        for member, weights in zip(network.networks, run.module.history.last.tensors["params"], strict=True):  # type: ignore[arg-type]
            nn.utils.vector_to_parameters(weights, member.parameters())
        last = measured(run)
    return {score: (best[score], last[score]) for score in SCORES}


def measured(run: EnsembleRun) -> dict[str, float]:
    """Validation less test of each score now."""
    val, test = (run.parts.head.evaluate(run.parts.datamodule.whole(split)) for split in ("val", "test"))  # type: ignore[arg-type]
    return {score: val[score] - test[score] for score in SCORES}


def spoken(values: list[float]) -> str:
    """Mean and standard error of some values."""
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return f"{statistics.fmean(values):+.4f} ± {error:.4f}"


if __name__ == "__main__":
    main(sys.argv[1:])
