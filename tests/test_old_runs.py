"""Runs and a sweep of an earlier version, kept under `old_runs/`, still give the same results.

`expected/` holds that version's own results: metrics after three more epochs, predictions, a comparison.
"""

import csv
import json
import shutil
from pathlib import Path

import pytest

from tests.commands import run

OLD = Path(__file__).parent / "old_runs"
KINDS = "binary", "multiclass", "multilabel", "regression"


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(OLD, tmp_path / "old")
    return tmp_path / "old"


def works(folder, *words):
    done = run(list(words), folder.parent)
    assert done.returncode == 0, done.stderr


def about(value):
    """Numbers to five digits, since a sum may be taken in another order; counts to the last one."""
    return pytest.approx(value, rel=1e-5, abs=1e-6) if isinstance(value, float) else value


def numbers(path):
    return {key: value for key, value in json.loads(path.read_text()).items() if key != "fit_seconds"}


@pytest.mark.parametrize("kind", KINDS)
def test_an_old_run_is_measured_as_before(folder, kind):
    works(folder, "src.evaluate", f"run=old/{kind}")

    before, now = numbers(folder / kind / "metrics.json"), numbers(folder / kind / "evaluation" / "metrics.json")
    scores = [name.removeprefix("test/") for name in before if name.startswith("test/") and "by_label" not in name]
    assert scores
    for name in scores:
        assert now[name] == about(before[f"test/{name}"]), name


@pytest.mark.parametrize("kind", KINDS)
def test_an_old_run_goes_on_as_it_would_have(folder, kind):
    works(folder, "src.train", f"resume=old/{kind}", "trainer.max_epochs=6")

    now, expected = numbers(folder / kind / "metrics.json"), numbers(OLD / "expected" / f"{kind}.json")
    assert now.keys() >= expected.keys()
    for name, value in expected.items():
        assert now[name] == about(value), name
    assert len((folder / kind / "metrics.csv").read_text().splitlines()) == 1 + 6


def test_an_old_run_finds_a_class_that_has_moved(folder):
    config = folder / "regression" / ".hydra" / "config.yaml"
    logger = (
        "logger:\n  tensorboard:\n    _target_: src.callbacks.tensorboard.TensorBoardLogger\n    log_graph: false\n"
    )
    assert "logger: {}\n" in config.read_text()
    config.write_text(config.read_text().replace("logger: {}\n", logger))
    works(folder, "src.train", "resume=old/regression", "trainer.max_epochs=4")

    assert list((folder / "regression" / "tensorboard").glob("events*"))


def test_an_old_run_predicts_as_before(folder):
    (folder.parent / "new.csv").write_text("x1,x2\n0.5,0.25\n-1.0,0.75\n1.5,-0.5\n")
    works(folder, "src.predict", "run=old/binary", "input=new.csv", "output=new_predicted.csv")

    with (folder.parent / "new_predicted.csv").open() as now, (OLD / "expected" / "binary.csv").open() as before:
        for row, expected in zip(csv.DictReader(now), csv.DictReader(before), strict=True):
            assert row.keys() == expected.keys()
            assert row["predicted"] == expected["predicted"]
            assert float(row["probability_lower"]) == pytest.approx(float(expected["probability_lower"]), abs=1e-6)


def test_an_old_run_is_exported(folder):
    works(folder, "src.export", "run=old/multiclass")


def test_an_old_sweep_is_compared_as_before(folder):
    works(folder, "src.compare", "sweep=old/sweep", "output=compared")

    with (
        (folder.parent / "compared" / "compare.csv").open() as now,
        (OLD / "expected" / "compare.csv").open() as before,
    ):
        for row, expected in zip(csv.DictReader(now), csv.DictReader(before), strict=True):
            assert row["ci95"] == ""  # two runs are points now, without an interval
            assert {name: row[name] for name in expected if name != "ci95"} == {
                name: value for name, value in expected.items() if name != "ci95"
            }


def test_an_old_sweep_is_complete(folder):
    before = {path: path.read_bytes() for path in sorted(folder.glob("sweep/*/metrics.*"))}
    works(folder, "src.train", "-m", "sweep_resume=old/sweep", "hydra/launcher=vectorized")

    assert len(before) == 4
    assert before == {path: path.read_bytes() for path in before}
