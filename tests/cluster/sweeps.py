"""A sweep that clusters train, and what one process makes of it."""

import json

import pytest

from tests.commands import run

WORDS = [
    "experiment=xor",
    "data.num_train=4000",
    "data.batch_size=1000",  # few steps that take long: the tests find the workers while they train
    "trainer.max_epochs=75",
    "logger=none",
    "callbacks.early_stopping=null",
]
OFTEN = "hydra.launcher.seconds_between_checkpoints=0.3"


def scores(sweep):
    """The test loss of each run, by its seed, and its epochs."""
    found = {}
    for path in sweep.glob("*/metrics.json"):
        words = (path.parent / ".hydra/overrides.yaml").read_text().split()
        metrics, seed = json.loads(path.read_text()), next(word for word in words if "seed=" in word)
        assert seed not in found
        found[seed] = metrics["test/loss"], metrics["epochs"]
    return found


def check_as_trained_here(sweep, tmp_path, number, *words):
    """Each of so many runs is in the sweep's folder once, and equals the vectorized launcher's to four digits.

    `words` are those of the sweep besides WORDS.
    """
    here = [f"seed=range(0,{number})", "hydra/launcher=vectorized", f"runs_dir={tmp_path}/here"]
    done = run(["src.train", "-m", *WORDS, *words, *here])
    assert done.returncode == 0, done.stderr
    there, here = scores(sweep), scores(only_sweep(tmp_path / "here"))
    assert there.keys() == here.keys()
    assert len(there) == number
    for seed, score in here.items():
        assert there[seed] == pytest.approx(score, abs=1e-4)


def only_sweep(runs_dir):
    """The folder of the one sweep of a folder of runs, if it has begun."""
    return next(runs_dir.glob("xor/multirun/*"), runs_dir / "none")
