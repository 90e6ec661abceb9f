"""Data may be generated anew to test a run, with a mark; rows that it was trained on are refused."""

import json

import pytest

from src.building.making import make
from src.errors import ConfigError
from src.runs.evaluation import evaluate
from tests.conftest import compose_train, trained
from tests.runs.test_evaluation import on_run

QUICK = ["logger=none", "callbacks.progress_bar=null", "callbacks.figures=null", "trainer.max_epochs=1"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for name in ("xor", "blobs", "and_gate"):
        trained(compose_train(f"experiment={name}", *QUICK), folder / name)
    return folder


def measured(run, **changes):
    return json.loads((evaluate(on_run(run, resamples=0, changes={"data": changes})) / "metrics.json").read_text())


@pytest.mark.parametrize(
    ("changes", "count", "mark"),
    [
        ({"seed": 5}, 500, "data.seed=5"),
        ({"noise": 0.3}, 500, "data.noise=0.3"),
        ({"num_test": 700}, 700, "data.num_test=700"),
        ({"num_train": 10}, 500, "data.num_train=10"),
        ({"seed": 5, "noise": 0.0}, 500, "data.noise=0.0 data.seed=5"),
    ],
)
def test_a_fresh_draw_works_and_is_marked(changes, count, mark, runs, caplog):
    caplog.set_level("INFO")
    found = measured(runs / "xor", **changes)
    assert (found["num_rows"], found["fresh_draw"]) == (count, mark)
    assert f"500 rows of a fresh draw, {mark}".replace("500", str(count)) in caplog.text


@pytest.mark.parametrize("changes", [{}, {"batch_size": 7}, {"label_noise": 0.1}])
def test_the_rows_of_the_run_itself_are_not_marked(changes, runs):
    assert "fresh_draw" not in measured(runs / "xor", **changes)


def test_rows_that_come_up_again_are_refused(runs):
    train, test = (
        {
            tuple(row)
            for row in make(compose_train("experiment=blobs", *words), "data").load()._asdict()[split].x.tolist()
        }
        for split, words in (("train", []), ("test", ["data.num_samples=300"]))
    )
    known = len(train & test)
    assert known > 0
    with pytest.raises(
        ConfigError, match=rf"\Adata.num_samples: {known} of the \d+ new test rows [^\n]+got 300[^\n]+data.seed"
    ):
        measured(runs / "blobs", num_samples=300)
    assert not list(runs.glob("blobs/*evaluation*"))
    assert measured(runs / "blobs", num_samples=300, seed=7)["fresh_draw"] == "data.num_samples=300 data.seed=7"


def test_a_truth_table_is_what_it_is(runs):
    assert measured(runs / "and_gate", seed=3)["fresh_draw"] == "data.seed=3"
