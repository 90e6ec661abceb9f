"""Searches killed at random moments go on: no trial that ended is lost or done twice, and at most one batch again."""

import json
import random
import time

import pytest

from src import lab
from src.comparing.searching import read_search
from tests.commands import going_on, run, wait_until

pytestmark = pytest.mark.faults

TRIALS, BATCH = 12, 3
COMMON = [
    "-m", "hydra/sweeper=optuna", "experiment=xor", "logger=none", "callbacks.figures=null", "data.num_train=400",
    "trainer.max_epochs=30", "optimizer.lr=tag(log,interval(0.001,1))", "seed=0,1",
    f"hydra.sweeper.n_trials={TRIALS}", f"hydra.sweeper.n_jobs={BATCH}",
]  # fmt: skip
KINDS = {
    "stacks": ["hydra/launcher=vectorized"],
    "stacks of two processes": ["hydra/launcher=vectorized", "hydra.launcher.n_jobs=2"],
    "basic": ["hydra/launcher=basic"],
}


def trials_that_ended(sweep):
    """The table's row of each trial that ended, by its number."""
    found = read_search(sweep)
    return {trial.number: trial for trial in found.trials if trial.state in ("complete", "pruned", "fail")}


@pytest.mark.parametrize("moment", range(2))
@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_search_goes_on_and_tries_each_setting_once(kind, moment, tmp_path):
    wait = random.Random(f"{kind}{moment}").uniform(0.0, 1.5)
    words = [*COMMON, *KINDS[kind], f"runs_dir={tmp_path}"]
    with going_on("src.train", *words) as command:
        wait_until(lambda: list(tmp_path.glob("xor/multirun/*/*/metrics.json")), command)
        time.sleep(wait)
        assert command.poll() is None
    (sweep,) = (tmp_path / "xor" / "multirun").iterdir()
    ended = trials_that_ended(sweep)
    written = {path: path.stat().st_mtime_ns for path in sweep.glob("*/metrics.json")}
    assert "a search for val/loss over" in run(["src.compare", f"sweep={sweep}"]).stdout
    assert len(lab.TrainedSearch(sweep).trials()) >= len(ended)

    done = run(["src.train", f"sweep_resume={sweep}"])
    assert done.returncode == 0, done.stderr
    trials = trials_that_ended(sweep)
    assert sorted(trials) == list(range(TRIALS))
    assert {number: trials[number] for number in ended} == ended
    runs = [run for trial in trials.values() for run in trial.runs]
    assert sorted(runs) == sorted(int(path.parent.name) for path in sweep.glob("*/metrics.json"))
    again = {path for path, time in written.items() if path.stat().st_mtime_ns != time}
    of_ended = {run for trial in ended.values() for run in trial.runs}
    assert not {int(path.parent.name) for path in again} & of_ended
    assert len(again) <= BATCH * 2
    for trial in trials.values():
        losses = [json.loads((sweep / str(run) / "metrics.json").read_text())["val/loss"] for run in trial.runs]
        if trial.state == "complete" and trial.same_as is None:
            assert trial.values[0] == pytest.approx(sum(losses) / len(losses))
