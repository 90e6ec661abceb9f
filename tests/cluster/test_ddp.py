"""Two processes that train one network on the CPU: they give what one gives, in one folder."""

import csv
import json

import pytest

from tests.commands import run

pytestmark = pytest.mark.cluster

WORDS = ["experiment=moons", "data.num_samples=400", "data.batch_size=null", "data.steps_per_execution=1"]
WORDS += ["trainer.max_epochs=8", "optimizer=sgd", "optimizer.lr=0.5", "logger=csv", "callbacks.figures=null"]


def trained(runs_dir, *words):
    done = run(["src.train", *WORDS, *words, f"runs_dir={runs_dir}"])
    assert done.returncode == 0, done.stderr
    (folder,) = (runs_dir / "moons").iterdir()
    return folder


def rows_of(path):
    with path.open(newline="") as file:
        return [{key: float(value) for key, value in row.items() if value} for row in csv.DictReader(file)]


def test_two_processes_give_what_one_gives(tmp_path):
    one = trained(tmp_path / "one", "trainer=cpu")
    two = trained(tmp_path / "two", "trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2")
    assert {path.name for path in one.iterdir()} == {path.name for path in two.iterdir()} - {"train_ddp_process_1.log"}
    curves = [rows_of(folder / "metrics.csv") for folder in (one, two)]
    assert len(curves[0]) == len(curves[1]) == 8
    for alone, shared in zip(*curves, strict=True):
        assert shared == pytest.approx(alone, abs=1e-4)  # metrics over the rows of both
    alone, shared = (json.loads((folder / "metrics.json").read_text()) for folder in (one, two))
    assert alone.keys() == shared.keys()
    for key in alone.keys() - {"fit_seconds"}:
        assert shared[key] == (pytest.approx(alone[key], abs=1e-4) if isinstance(alone[key], float) else alone[key])
