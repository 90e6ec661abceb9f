"""A finished search, read by notebooks and by `src.compare`: Optuna's own study as the truth."""

import json
import shutil
from statistics import fmean

import optuna
import pytest
from matplotlib.figure import Figure
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from src import lab
from src.comparing.searching import Searched, Trial, read_search
from src.errors import ConfigError
from src.lab import commands, project
from tests.commands import run
from tests.sandbox import make_sandbox

WORDS = (
    *("experiment=xor", "trainer.max_epochs=8", "data.num_train=100", "logger=none"),
    *("optimizer.lr=tag(log,interval(0.001,1))", "network.hidden_dims=[2],[2,2]", "hydra/sweeper/pruner=halving"),
    *("hydra.sweeper.pruner.min_resource=2", "hydra.sweeper.n_jobs=9"),
)


@pytest.fixture(scope="module")
def search(tmp_path_factory):
    folder = make_sandbox(tmp_path_factory.mktemp("search"))
    with pytest.MonkeyPatch.context() as patch:
        for module in (commands, project):
            patch.setattr(module, "PROJECT", folder)
        return lab.tune(*WORDS, n_trials=9, seed="0,1")


@pytest.fixture(scope="module")
def study(search):
    storage = JournalStorage(JournalFileBackend(str(search.folder / "study.journal")))
    (name,) = optuna.get_all_study_names(storage)
    return optuna.load_study(study_name=name, storage=storage)


def test_the_best_setting_and_its_run_are_those_of_the_study(search, study):
    assert search.best["optimizer.lr"] == pytest.approx(study.best_params["optimizer.lr"], rel=1e-5)  # six digits
    assert f"[{','.join(map(str, search.best['network.hidden_dims']))}]" == study.best_params["network.hidden_dims"]
    assert search.best_values == {"val/loss": study.best_value}
    found = search.best_run()
    assert found.cfg.optimizer.lr == search.best["optimizer.lr"]
    runs = [
        json.loads((search.folder / str(n) / "metrics.json").read_text()) for n in study.best_trial.user_attrs["jobs"]
    ]
    assert fmean(each["val/loss"] for each in runs) == pytest.approx(study.best_value)
    assert found.metrics["val/loss"] == max(each["val/loss"] for each in runs)  # the upper one of two


def test_of_a_best_setting_whose_runs_are_gone_the_rest_is_opened(search, study, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(search.folder, copy)
    first, second = study.best_trial.user_attrs["jobs"]
    shutil.rmtree(copy / str(first))
    assert lab.TrainedSearch(copy).best_run().folder == copy / str(second)
    shutil.rmtree(copy / str(second))
    with pytest.raises(ConfigError, match=f"no run of its best setting, trial {study.best_trial.number}; restore it"):
        lab.TrainedSearch(copy).best_run()


def test_every_trial_is_a_record(search, study):
    records, truth = search.trials(), study.trials
    assert [record["trial"] for record in records] == list(range(9))
    assert [record["state"].upper() for record in records] == [trial.state.name for trial in truth]
    rates = [trial.params["optimizer.lr"] for trial in truth]
    assert [record["optimizer.lr"] for record in records] == pytest.approx(rates, rel=1e-5)
    assert [record["val/loss"] for record in records] == pytest.approx([trial.value for trial in truth])
    assert search.front() == [records[study.best_trial.number]]


def test_its_folder_is_opened_again_with_its_figures(search):
    again = lab.TrainedSearch(search.folder)
    assert again.trials() == search.trials()
    assert len(again) == 18
    assert all(isinstance(each, Figure) for each in (again.plot_history(), again.plot_slices()))
    with pytest.raises(ConfigError, match="plot_pareto: this search has no such figure; it has history, slices"):
        again.plot_pareto()
    with pytest.raises(ConfigError, match="is not the folder of a search"):
        lab.TrainedSearch(search.folder / "0")


def test_a_comparison_says_that_it_is_a_search_and_ranks_by_its_objective(search, study):
    done = run(["src.compare", f"sweep={search.folder}"], search.folder.parent)
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert told.startswith("ranked by mean val/loss, reported on test/accuracy")
    pruned = sum(trial.state == TrialState.PRUNED for trial in study.trials)
    assert f"a search for val/loss over 9 settings ({pruned} ended early)" in told
    assert "looks better than it is on the rows that chose it" in told
    assert "history.png, slices.png" in told
    rows = json.loads((search.folder / "compare.json").read_text())["settings"]
    complete = sorted((trial for trial in study.trials if trial.state == TrialState.COMPLETE), key=lambda it: it.value)
    rates = [float(f"{trial.params['optimizer.lr']:.6g}") for trial in complete]
    assert [row["optimizer.lr"] for row in rows if row["optimizer.lr"] in rates] == rates
    assert str(search.compare()).startswith("ranked by mean val/loss")
    assert str(search.compare("test/loss")).startswith("ranked by mean val/loss, reported on test/loss")
    by_name = run(
        ["src.compare", f"sweep={search.folder}", "metric=val/accuracy", "output=other"], search.folder.parent
    )
    assert by_name.stdout.startswith("ranked by mean val/accuracy\n")


def test_the_front_of_two_objectives_holds_what_no_other_beats_in_both(tmp_path):
    values = [(0.1, 5.0), (0.2, 3.0), (0.3, 4.0), (0.1, 6.0), (0.05, 9.0)]
    trials = [Trial(n, "complete", each, {}, (n,), None) for n, each in enumerate(values)]
    found = Searched(tmp_path, ["val/loss", "num_parameters"], [True, True], trials)
    assert [trial.number for trial in found.best] == [0, 1, 4]
    assert found.ranks_by is None
    upwards = Searched(tmp_path, ["val/loss", "num_parameters"], [True, False], trials)
    assert [trial.number for trial in upwards.best] == [4]


def test_a_table_that_is_none_of_trials_is_one_line(search, tmp_path):
    assert read_search(tmp_path) is None
    (tmp_path / "study.csv").write_text("something,else\n1,2\n")
    (tmp_path / "multirun.yaml").write_text("hydra: {sweeper: {objective: val/loss}}")
    with pytest.raises(ConfigError, match=r"study.csv: is not a table of trials \(it has other columns\); resume"):
        read_search(tmp_path)
