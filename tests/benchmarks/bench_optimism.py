"""How optimistic `val/…` of an ensemble is, since each member chose its epoch on its fold: validation minus test.

    python -m tests.benchmarks.bench_optimism [data_dir=../shared/data] [splits=20] [members=16] [network.dropout=0 …]

The scores of an ensemble on the rows outside the test split differ from those on test rows for two reasons. Members
chose their epochs on the former, which is optimistic: that is each member's score on its fold minus that on the test
rows, averaged over members. And each such row is predicted by a few members, but a test row by all.
"""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from src.stacking.ensemble import EnsembleRun, build_ensemble
from tests.conftest import compose_train

SCORES = "accuracy", "log_loss"
WORDS = [
    *("experiment=table", "head=auto", "logger=none", "callbacks.progress_bar=null", "callbacks.figures=null"),
    *("callbacks.importance=null", "callbacks.model_checkpoint.seconds_between_writes=1000", "trainer.threads=1"),
]
BUNDLED = "iris", "wine", "breast_cancer"
FILES = "glass", "sonar", "wheat-seeds", "ionosphere", "pima-indians-diabetes"

Differences = dict[str, tuple[float, float]]
"""Validation less test of each score: of the ensemble, and of its members alone."""


def main(words: list[str]) -> None:
    """Train, measure and print a row for each table and score."""
    options = dict(word.split("=", 1) for word in words)
    more = [word for word in words if "." in word.partition("=")[0]]
    splits, members = int(options.get("splits", 20)), int(options.get("members", 16))
    print(f"validation less test, means over {splits} splits ± standard error; {members} members")
    print(f"{'':24}{'':10}{'the ensemble':>20}{'each member alone':>20}", flush=True)
    every: dict[str, list[tuple[float, ...]]] = {score: [] for score in SCORES}
    for name, data in tables(options.get("data_dir")):
        found = [differences([*data, *more, f"network.members={members}", f"seed={split}"]) for split in range(splits)]
        for score in SCORES:
            columns = list(zip(*(each[score] for each in found), strict=True))
            every[score].append(tuple(map(statistics.fmean, columns)))
            print(f"{name:24}{score:10}" + "".join(f"{spoken(column):>20}" for column in columns), flush=True)
    for score, rows in every.items():
        print(f"{f'all {len(rows)}':24}{score:10}" + "".join(f"{spoken(each):>20}" for each in zip(*rows, strict=True)))


def tables(data_dir: str | None) -> Iterator[tuple[str, list[str]]]:
    """Name of each table, and its overrides for `src.train`."""
    for name in FILES if data_dir else ():
        path = Path(str(data_dir), "tables", f"{name}.csv").resolve()
        yield name, [f"data.path={path}", "data.target=-1", "data.header=false"]
    for name in BUNDLED:
        yield name, ["data=table", f"data.name={name}"]


def differences(words: list[str]) -> Differences:
    """The scores of an ensemble with some settings."""
    with tempfile.TemporaryDirectory() as folder:
        run = build_ensemble(compose_train(*WORDS, *words), Path(folder))
        run.fit()
    head, data = run.parts.head, run.parts.datamodule
    val, test = (head.evaluate(data.whole(split)) for split in ("val", "test"))  # type: ignore[arg-type]
    alone = members_alone(run)
    return {score: (val[score] - test[score], alone[score]) for score in SCORES}


@torch.no_grad()
def members_alone(run: EnsembleRun) -> dict[str, float]:
    """The score of each member on its fold minus that on the test rows, averaged over members."""
    data: Any = run.parts.datamodule
    assert run.module is not None
    single = run.module.head.eval()
    found: dict[str, list[float]] = {score: [] for score in SCORES}
    for place, network in enumerate(run.parts.head.network.networks):  # type: ignore[arg-type]
        held = data.voices("val")[:, place].nonzero().flatten()
        rows = {"val": (held, data.splits.val.y[held]), "test": (slice(None), data.splits.test.y)}
        val, test = (
            single.measure(single.logits(network.eval()(data.seen(split, places)[:, place])), y)
            for split, (places, y) in rows.items()
        )
        for score in SCORES:
            found[score].append(val[score] - test[score])
    return {score: statistics.fmean(values) for score, values in found.items()}


def spoken(values: Any) -> str:
    """Mean and standard error of some values."""
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return f"{statistics.fmean(values):+.4f} ± {error:.4f}"


if __name__ == "__main__":
    main(sys.argv[1:])
