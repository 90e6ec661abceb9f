"""Two processes search one study in PostgreSQL: no trial is lost, and none is done twice."""

import json

import optuna
import pytest
from optuna.trial import TrialState

from tests.cluster import postgresql
from tests.cluster.slurm import require_modules
from tests.commands import going_on

pytestmark = pytest.mark.cluster


def test_two_processes_share_a_study(tmp_path):
    require_modules("psycopg")
    words = [
        "-m",
        "hydra/sweeper=optuna",
        "experiment=xor",
        "data.num_train=100",
        "trainer.max_epochs=5",
        "logger=none",
    ]
    words += ["hydra/launcher=vectorized", "hydra.sweeper.n_jobs=4", "hydra.sweeper.n_trials=32"]
    words += ["optimizer.lr=tag(log,interval(0.001,1))", "optimizer.momentum=interval(0,0.9)"]
    with postgresql.running() as storage:
        shared = [f'hydra.sweeper.storage="{storage}"', "hydra.sweeper.study_name=shared"]
        both = [["src.train", *words, *shared, f"runs_dir={tmp_path}/{each}"] for each in "ab"]
        with going_on(*both[0]) as first, going_on(*both[1]) as second:
            for command in (first, second):
                _, stderr = command.communicate(240)
                assert command.returncode == 0, stderr
        trials = optuna.load_study(study_name="shared", storage=storage).trials
    assert [trial.number for trial in trials] == list(range(len(trials)))
    assert 32 <= len(trials) <= 36  # the last batch of one may begin while the other's is under way
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    sweeps = {
        json.loads((sweep / "sweep.json").read_text())["id"]: sweep for sweep in tmp_path.glob("*/xor/multirun/*")
    }
    assert {trial.user_attrs["sweep"] for trial in trials} == set(sweeps)  # both took part
    runs = set()
    for trial in trials:
        (number,) = trial.user_attrs["jobs"]
        folder = sweeps[trial.user_attrs["sweep"]] / str(number)
        assert json.loads((folder / "metrics.json").read_text())["val/loss"] == pytest.approx(trial.value)
        runs.add(folder)
    assert runs == {path.parent for path in tmp_path.glob("*/xor/multirun/*/*/metrics.json")}
    assert len(runs) == len(trials)
