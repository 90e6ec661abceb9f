"""Every ready-made sweep runs, and compares what its name says."""

import json

import pytest

from src.places import CONF
from tests.commands import run

SWEPT = {
    "sweep_noise": ("data.noise", 6),
    "sweep_seed": (None, 1),
    "sweep_depth": ("network.hidden_dims", 4),
    "sweep_width": ("network.hidden_dims", 6),
    "sweep_activation": ("network.activation", 5),
    "sweep_learning_rate": ("optimizer.lr", 6),
    "sweep_epochs": ("trainer.max_epochs", 5),
}


def test_no_sweep_is_forgotten():
    assert {path.stem for path in (CONF / "experiment").glob("sweep_*.yaml")} == SWEPT.keys()


@pytest.mark.parametrize("experiment", SWEPT)
def test_sweep_is_compared_by_what_it_is_about(experiment, tmp_path):
    key, number = SWEPT[experiment]
    shorter = ["trainer.max_epochs=1"] if key != "trainer.max_epochs" else ["data.num_samples=40"]
    for words in (
        ["src.train", f"experiment={experiment}", "seed=0,1", *shorter],
        ["src.compare", "boundaries=0"],
    ):
        done = run([*words, f"runs_dir={tmp_path}"])
        assert done.returncode == 0, done.stderr
    (document,) = tmp_path.glob("*/multirun/*/compare.json")
    compared = json.loads(document.read_text())
    assert compared["group_by"] == ([key] if key else [])
    assert [setting["runs"] for setting in compared["settings"]] == [2] * number
