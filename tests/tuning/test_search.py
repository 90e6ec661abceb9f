"""Searching: Optuna's own loop as the truth, runs that are the trials' values, and searches that are cut short."""

import csv
import json
import math
import statistics

import optuna
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from src.errors import ConfigError
from src.storage.folders import SweepFolder
from src.storage.marks import write_mark
from src.tuning.options import checked
from src.tuning.pruning import HalvingPruner, TrialJudge
from src.tuning.search import JOBS, SAME_AS, Search
from src.tuning.space import space_of
from src.tuning.study import open_study
from tests.commands import run

SPACE = ["lr=tag(log,interval(0.001,1))", "width=range(2,9,2)", "act=relu,tanh"]
TPE = {"_target_": "optuna.samplers.TPESampler", "seed": 3, "n_startup_trials": 4, "multivariate": True}
NO_PRUNER = {"_target_": "optuna.pruners.NopPruner"}
DEFAULTS = {
    **{"objective": "val/loss", "direction": None, "n_trials": None, "timeout": None, "n_jobs": None},
    **{"storage": None, "study_name": None, "params": None, "sampler": TPE, "pruner": NO_PRUNER},
}


def space(*words):
    return space_of(OverridesParser.create().parse_overrides(list(words)))


def loss(lr, width, act):
    return (math.log10(lr) + 1.5) ** 2 + abs(width - 6) / 10 + (act == "relu") / 5


class Launcher:
    """Writes what runs would leave; breaks off before the job with some number."""

    def __init__(self, sweep, breaks_at=None):
        self.sweep, self.breaks_at, self.launched = sweep, breaks_at, []

    def __call__(self, jobs, first):
        for number, words in enumerate(jobs, first):
            if number == self.breaks_at:
                raise KeyboardInterrupt
            self.launched.append(number)
            given = dict(word.split("=") for word in words)
            value = loss(float(given["lr"]), int(given.get("width", 6)), given.get("act", "tanh"))
            value += int(given.get("seed", 0)) / 100
            folder = self.sweep / str(number)
            folder.mkdir(exist_ok=True)
            (folder / "metrics.json").write_text(json.dumps({"val/loss": value, "num_parameters": 3}))
        return []


def search(sweep, launcher, words=SPACE, total=20, batch=1, **options):
    sweep.mkdir(exist_ok=True)
    if not SweepFolder(sweep).mark.exists():
        write_mark(SweepFolder(sweep).mark)
    found, spanned = checked(DEFAULTS | options), space(*words)
    opened = open_study(found, spanned, sweep)
    return Search(opened, spanned, found, launcher, sweep, total, batch, 100, lambda *_: None)


def metrics(folder):
    return json.loads((folder / "metrics.json").read_text())


def trials_of(searched):
    return searched.study.get_trials(deepcopy=False)


def test_the_space_is_what_the_words_say():
    found = space(
        *("a=interval(0,1)", "b=tag(log,interval(0.001,1))", "c=int(interval(1,9))", "d=range(1,8,3)"),
        *("e=range(0.0,0.5,0.25)", "f=x,y,x", "g=[1,2],[3]", "seed=1,2", "data.fold=0,1", "h=5"),
    )
    assert found.searched == {
        "a": FloatDistribution(0, 1),
        "b": FloatDistribution(0.001, 1, log=True),
        "c": IntDistribution(1, 9),
        "d": IntDistribution(1, 7, step=3),
        "e": FloatDistribution(0, 0.25, step=0.25),
        "f": CategoricalDistribution(["x", "y"]),
        "g": CategoricalDistribution(["[1,2]", "[3]"]),
    }
    assert found.fixed == ["h=5"]
    both = [["seed=1", "data.fold=0"], ["seed=1", "data.fold=1"], ["seed=2", "data.fold=0"], ["seed=2", "data.fold=1"]]
    assert found.repeated == both
    words = found.words({"a": 0.123456789, "b": 0.1, "c": 3, "d": 4, "e": 0.25, "f": "y", "g": "[3]"})
    assert words == ["h=5", "a=0.123457", "b=0.1", "c=3", "d=4", "e=0.25", "f=y", "g=[3]"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["a=1"], "nothing to search"),
        (["a=interval(2,1)"], "put the smaller number first"),
        (["a=tag(log,interval(0,1))"], "must start above 0"),
        (["a=range(3,3)"], "has no values"),
        (["a=1,2", "seed=interval(0,3)"], "needs a list of values"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(words, reason):
    with pytest.raises(ConfigError, match=reason):
        space(*words)


def test_one_trial_at_a_time_asks_for_what_optunas_own_loop_asks_for(tmp_path):
    searched = search(tmp_path / "sweep", Launcher(tmp_path / "sweep"), total=12)
    searched.run()
    ours = trials_of(searched)
    spanned = space(*SPACE).searched
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=3, n_startup_trials=4, multivariate=True))

    def objective(trial):
        values = {}
        for name, of in spanned.items():
            if isinstance(of, CategoricalDistribution):
                values[name] = trial.suggest_categorical(name, of.choices)
            elif isinstance(of, IntDistribution):
                values[name] = trial.suggest_int(name, of.low, of.high, step=of.step)
            else:
                values[name] = trial.suggest_float(name, of.low, of.high, log=of.log)
        return loss(float(f"{values['lr']:.6g}"), values["width"], values["act"])

    study.optimize(objective, n_trials=12)
    assert [trial.params for trial in ours] == [trial.params for trial in study.trials]
    assert [trial.value for trial in ours] == [trial.value for trial in study.trials]


def test_a_search_that_is_broken_off_loses_no_trial_and_doubles_none(tmp_path):
    sweep = tmp_path / "sweep"
    broken = Launcher(sweep, breaks_at=13)
    words = [*SPACE, "seed=0,1"]
    with pytest.raises(KeyboardInterrupt):
        search(sweep, broken, words, batch=4).run()
    journal = SweepFolder(sweep).study
    journal.write_bytes(journal.read_bytes() + b'{"op_code":4,"worker_i')  # half a line, as a killed process leaves it
    again = Launcher(sweep)
    searched = search(sweep, again, words, batch=4)
    searched.run()
    trials = trials_of(searched)
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 20
    jobs = sorted(job for trial in trials for job in trial.user_attrs[JOBS])
    assert jobs == list(range(40))
    assert again.launched[:8] == list(range(8, 16))
    assert set(broken.launched[:8]).isdisjoint(again.launched)
    assert len({tuple(trial.params.items()) for trial in trials}) == 20
    for trial in trials:
        pair = [metrics(sweep / str(job)) for job in trial.user_attrs[JOBS]]
        assert trial.value == pytest.approx(statistics.fmean(each["val/loss"] for each in pair), abs=1e-12)


@pytest.mark.parametrize("text", ["no json\n", '{"op_code":99}\n', "[1]\n", '{"op_code":4}\n'])
def test_a_journal_that_holds_something_else_is_refused(tmp_path, text):
    (tmp_path / "sweep").mkdir()
    SweepFolder(tmp_path / "sweep").study.write_text(text)
    with pytest.raises(ConfigError, match=r"study\.journal"):
        search(tmp_path / "sweep", Launcher(tmp_path / "sweep"))
    assert SweepFolder(tmp_path / "sweep").study.read_text() == text


def test_a_search_goes_on_in_a_folder_that_was_renamed(tmp_path):
    search(tmp_path / "sweep", Launcher(tmp_path / "sweep"), total=4).run()
    (tmp_path / "sweep").rename(tmp_path / "moved")
    launcher = Launcher(tmp_path / "moved")
    search(tmp_path / "moved", launcher, total=6).run()
    assert launcher.launched == [4, 5]


def test_a_grid_is_tried_whole_and_once_also_in_two_parts(tmp_path):
    grid = {"_target_": "optuna.samplers.GridSampler", "seed": 0}
    words, sweep = ["lr=0.01,0.1", *SPACE[1:]], tmp_path / "sweep"
    search(sweep, Launcher(sweep), words, total=5, batch=2, sampler=grid).run()
    searched = search(sweep, Launcher(sweep), words, total=16, batch=3, sampler=grid)
    searched.run()
    tried = {tuple(sorted(trial.params.items())) for trial in trials_of(searched)}
    assert len(tried) == len(trials_of(searched)) == 16


def test_a_setting_that_comes_up_again_takes_the_known_value(tmp_path):
    launcher, drawn = Launcher(tmp_path / "sweep"), {"_target_": "optuna.samplers.RandomSampler", "seed": 0}
    searched = search(tmp_path / "sweep", launcher, ["lr=0.01,0.1"], total=12, batch=3, sampler=drawn)
    searched.run()
    trials = trials_of(searched)
    assert launcher.launched == [0, 1]
    assert len(trials) == 12
    for trial in trials:
        if (twin := trial.user_attrs.get(SAME_AS)) is not None:
            assert (trial.params, trial.value) == (trials[twin].params, trials[twin].value)


def test_a_study_is_searched_in_one_space_only(tmp_path):
    search(tmp_path / "sweep", Launcher(tmp_path / "sweep"), total=1).run()
    with pytest.raises(ConfigError, match="searches a different space"):
        search(tmp_path / "sweep", Launcher(tmp_path / "sweep"), [*SPACE, "depth=1,2"])
    with pytest.raises(ConfigError, match="has other objectives"):
        search(tmp_path / "sweep", Launcher(tmp_path / "sweep"), objective="num_parameters")


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ({"objective": "test/accuracy"}, r"rows must not influence any choice \(got test/accuracy\); use val/accuracy"),
        ({"objective": ["val/loss", "num_parameters"], "direction": ["minimize"]}, "one for each of 2 objectives"),
        ({"objective": "val/lift"}, "set it to minimize or maximize"),
        ({"sampler": {"_target_": "os.system"}}, "not a sampler of Optuna's"),
        ({"pruner": {"_target_": "optuna.samplers.TPESampler"}}, "not a pruner of Optuna's"),
        ({"sampler": TPE | {"n_startup": 3}}, "unexpected keyword argument 'n_startup'"),
        ({"storage": "sqlite:////nowhere/at/all.db"}, "unable to open database file"),
    ],
)
def test_options_that_cannot_work_are_refused(tmp_path, option, reason):
    with pytest.raises(ConfigError, match=reason):
        search(tmp_path / "sweep", Launcher(tmp_path / "sweep"), **option)


# ending early


def halved(values, factor=3, first=1):
    """How many steps each of some constant curves gets: 27 where it is never ended."""
    study = optuna.create_study(pruner=HalvingPruner(first, factor))
    trials = [study.ask() for _ in values]
    runs = {number: number for number in range(len(values))}
    judge, left, steps = TrialJudge(study, "val/loss", runs, 27), set(runs), {}
    for epoch in range(1, 28):
        ended = judge(epoch, {run: {"val/loss": values[run]} for run in left})
        steps |= dict.fromkeys(ended, epoch)
        left -= ended
    return [steps.get(trial.number, 27) for trial in trials]


def test_halving_keeps_the_best_third_at_each_rung_of_trials_that_train_at_once():
    values = [(7 * number) % 27 for number in range(27)]
    by_rank = [27] + [9] * 2 + [3] * 6 + [1] * 18
    assert halved(values) == [by_rank[value] for value in values]


def test_repetitions_are_given_up_one_after_the_other(tmp_path):
    wilcoxon = {"_target_": "optuna.pruners.WilcoxonPruner", "p_threshold": 0.1, "n_startup_steps": 2}
    sweep = tmp_path / "sweep"
    words = ["lr=0.03,0.001", f"seed={','.join(map(str, range(8)))}"]
    launcher = Launcher(sweep)
    grid = {"_target_": "optuna.samplers.GridSampler", "seed": 0}
    searched = search(sweep, launcher, words, total=2, batch=1, sampler=grid, pruner=wilcoxon)
    searched.run()
    ends = {trial.params["lr"]: (trial.state, len(trial.intermediate_values)) for trial in trials_of(searched)}
    assert ends["0.03"] == (TrialState.COMPLETE, 8)
    first_is_best = trials_of(searched)[0].params["lr"] == "0.03"
    if first_is_best:  # 0.001 is worse in each seed: 1/2^4 of all signs are as bad after four
        assert ends["0.001"] == (TrialState.PRUNED, 4)


# with real runs


def test_a_search_trains_stacks_whose_means_are_the_values_of_its_trials(tmp_path):
    words = ["-m", "hydra/sweeper=optuna", "experiment=xor", "trainer.max_epochs=8", "data.num_train=200"]
    words += ["logger=none", "hydra/launcher=vectorized", "hydra.sweeper.n_trials=9", "hydra.sweeper.n_jobs=9"]
    words += ["hydra/sweeper/pruner=halving", "hydra.sweeper.pruner.min_resource=2"]
    words += ["optimizer.lr=tag(log,interval(0.001,1))", "optimizer.momentum=interval(0,0.9)", "seed=0,1"]
    done = run(["src.train", *words, f"runs_dir={tmp_path}"])
    assert done.returncode == 0, done.stderr
    (sweep,) = (tmp_path / "xor" / "multirun").iterdir()
    with (sweep / "study.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["trial"] for row in rows] == [str(number) for number in range(9)]
    epochs = []
    for row in rows:
        runs = [metrics(sweep / job) for job in row["runs"].split()]
        assert len(runs) == 2
        epochs.append(runs[0]["epochs"])
        assert row["state"] == ("complete" if runs[0]["epochs"] == 8 else "pruned")
        if row["state"] == "complete":
            assert float(row["val/loss"]) == pytest.approx(statistics.fmean(each["val/loss"] for each in runs))
        overrides = (sweep / row["runs"].split()[0] / ".hydra" / "overrides.yaml").read_text()
        assert f"optimizer.lr={row['optimizer.lr']}" in overrides
    assert sorted(epochs) == [2] * 6 + [6] * 2 + [8]
    best = min((row for row in rows if row["state"] == "complete"), key=lambda row: float(row["val/loss"]))
    command = f"optimizer.lr={best['optimizer.lr']} optimizer.momentum={best['optimizer.momentum']}"
    assert command in done.stdout.splitlines()[-3]
    assert {path.name for path in (sweep / "plots").iterdir()} == {"history.png", "slices.png", "contour.png"}
    resumed = run(["src.train", f"sweep_resume={sweep}"])
    assert (resumed.returncode, "runs of MLP" in resumed.stdout) == (0, False)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["optimizer.lr=interval(0.1,1)", "hydra.sweeper.objective=val/acuracy", "hydra.sweeper.direction=maximize"],
         "hydra.sweeper.objective: no run measures val/acuracy; did you mean val/accuracy?"),
        (["network.dropout=interval(0,2)"], "network.dropout: input should be less than 1 (got 2)"),
        (["optimizer=sgd,addam"], "optimizer: no option 'addam'; did you mean adam?"),
        (["optimizer.lr=interval(0.1,1)", "hydra/sweeper/sampler=tpee"],
         "hydra/sweeper/sampler: no option 'tpee'; did you mean tpe?"),
    ],
)  # fmt: skip
def test_a_search_that_cannot_work_is_refused_before_its_first_trial(tmp_path, words, line):
    done = run(["src.train", "-m", "hydra/sweeper=optuna", "experiment=xor", *words, f"runs_dir={tmp_path}"])
    assert (done.returncode, done.stderr[: len(line) + 14]) == (2, f"config error: {line}")
    assert not list(tmp_path.iterdir())
