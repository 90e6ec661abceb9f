"""`hydra.launcher.folders`: whichever runs get a folder, the sweep's results are the same."""

import json
import shlex
import signal

import pytest
import torch

from src.comparing.comparison import compare
from src.comparing.reading import read_runs
from src.storage.runs_table import read
from tests.commands import going_on, run, wait_until

DEEP = ["network.hidden_dims=[8,8,8,8,8,8]", "network.activation=identity", "data.batch_size=20"]
SHORT = ["experiment=xor", "trainer.max_epochs=2", "data.num_train=200", "logger=none", "callbacks.figures=null"]
SWEPT = ["seed=0,1,2", "optimizer.lr=0.03,0.1,1e6", "hydra/launcher=vectorized", "hydra.launcher.max_stack=4"]
SWEPT += ["hydra.launcher.n_jobs=1"]  # stacks that end in another order may leave other best runs on the way
FAILED = {"2", "5", "8"}


def train(sweep, *words):
    return run(["src.train", "-m", *words, f"hydra.sweep.dir={sweep}"])


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory):
    """The same sweep with each choice of folders, and what its command printed on stderr."""
    place = tmp_path_factory.mktemp("sweeps")
    done = {
        kept: train(place / kept, *SHORT, *DEEP, *SWEPT, f"hydra.launcher.folders={kept}")
        for kept in ("all", "best", "failed", "none")
    }
    return {kept: (place / kept, each) for kept, each in done.items()}


def scores(metrics):
    return {name: value for name, value in metrics.items() if name != "fit_seconds"}


def folders_in(sweep):
    return {path.name for path in sweep.iterdir() if path.is_dir()}


def test_the_chosen_runs_get_folders_and_all_get_rows(sweeps):
    expected = {
        str(n): json.loads((sweeps["all"][0] / str(n) / "metrics.json").read_text()) for n in (0, 1, 3, 4, 6, 7)
    }
    for kept, (sweep, done) in sweeps.items():
        rows = {str(row.number): row for row in read(sweep)}
        assert rows.keys() == {str(number) for number in range(9)}
        assert {number for number, row in rows.items() if row.failure} == FAILED
        assert {number: scores(rows[number].metrics) for number in expected} == {
            number: scores(metrics) for number, metrics in expected.items()
        }
        assert done.returncode == 1
        assert sorted(line.partition(":")[0] for line in done.stderr.splitlines()) == [
            "#2", "#5", "#8", "3 runs failed, 6 finished; why",
        ]  # fmt: skip
        assert {row.folder for row in rows.values()} - {""} == folders_in(sweep), kept
    assert folders_in(sweeps["none"][0]) == set()
    assert folders_in(sweeps["failed"][0]) == FAILED
    best = min(expected, key=lambda number: expected[number]["val/loss"])
    assert best in folders_in(sweeps["best"][0])
    losses = [expected[number]["val/loss"] for number in sorted(folders_in(sweeps["best"][0]), key=int)]
    assert losses == sorted(losses, reverse=True)  # each was the best so far


def test_a_kept_folder_is_that_of_a_sweep_that_keeps_all(sweeps):
    for kept in ("best", "failed"):
        for number in folders_in(sweeps[kept][0]):
            ours, theirs = (sweeps[each][0] / number for each in (kept, "all"))
            names = {path.relative_to(ours) for path in ours.rglob("*") if path.is_file()}
            assert names == {path.relative_to(theirs) for path in theirs.rglob("*") if path.is_file()}
            if number not in FAILED:
                mine, other = (torch.load(f / "checkpoints/best.ckpt", weights_only=True) for f in (ours, theirs))
                for name, value in other["state_dict"].items():
                    torch.testing.assert_close(mine["state_dict"][name], value, rtol=0, atol=0)


def test_a_comparison_is_the_same_without_folders(sweeps):
    def compared(sweep):
        comparison = compare(read_runs([sweep]))
        changing = ("fit_seconds", "folders")
        return [{key: value for key, value in each.items() if key not in changing} for each in comparison.records()]

    whole = compared(sweeps["all"][0])
    assert whole[0]["runs"] == 3
    for kept in ("best", "failed", "none"):
        assert compared(sweeps[kept][0]) == whole


def test_a_row_has_the_configuration_of_its_run(sweeps):
    with_folders, without = (read_runs([sweeps[kept][0]]) for kept in ("all", "none"))
    for known, found in zip(with_folders, without, strict=True):
        assert (found.config, found.overrides) == (known.config, known.overrides)
        assert found.choices == {**known.choices}
        assert found.failure == known.failure


def test_a_run_without_a_folder_is_repeated_exactly_by_the_command_in_the_message(sweeps, tmp_path):
    sweep = sweeps["none"][0]
    done = run(["src.evaluate", f"run={sweep}/4"])
    assert (done.returncode, done.stdout) == (2, "")
    line = f"config error: run: {sweep}/4 was not kept (hydra.launcher.folders), only its row in none/runs.csv; "
    assert done.stderr.startswith(line + "repeat it with: python -m src.train -m experiment=xor ")
    words = shlex.split(done.stderr.partition("repeat it with: python -m ")[2])
    assert run([*words, f"hydra.sweep.dir={tmp_path}/again"]).returncode == 0
    metrics = json.loads((tmp_path / "again/0/metrics.json").read_text())
    theirs = read(sweep)[4].metrics
    sums = {name: value for name, value in metrics.items() if name.endswith("log_loss")}  # over runs side by side
    assert sums == pytest.approx({name: theirs[name] for name in sums}, rel=1e-8)
    assert scores(metrics) == scores(theirs | sums)
    done = run(["src.predict", f"sweep={sweep}", "input=x.csv"])
    assert done.stderr.startswith(f"config error: sweep: the runs in {sweep} have no folders (hydra.launcher.folders)")


@pytest.mark.parametrize("kept", ["best", "none"])
def test_a_killed_sweep_without_folders_loses_nothing(kept, tmp_path):
    words = [*SHORT, "trainer.max_epochs=60", "seed=range(0,12)", "hydra/launcher=vectorized"]
    words += ["hydra.launcher.max_stack=4", "hydra.launcher.seconds_between_checkpoints=0.1"]
    words += [f"hydra.launcher.folders={kept}", "hydra.launcher.n_jobs=1"]
    assert train(tmp_path / "whole", *words).returncode == 0
    sweep = tmp_path / "killed"
    with going_on("src.train", "-m", *words, f"hydra.sweep.dir={sweep}") as process:
        wait_until(lambda: (sweep / "runs.csv").exists() and (sweep / "stack.ckpt").exists(), process)
        process.kill()
        process.wait()
    before = read(sweep)
    assert 0 < len(before) < 12
    done = run(["src.train", f"sweep_resume={sweep}"])
    assert done.returncode == 0, done.stderr
    after, whole = ({row.number: row for row in read(each)} for each in (sweep, tmp_path / "whole"))
    assert all(after[row.number].metrics == row.metrics for row in before)  # with their seconds: not trained again
    assert {n: scores(row.metrics) for n, row in after.items()} == {n: scores(row.metrics) for n, row in whole.items()}
    assert folders_in(sweep) == folders_in(tmp_path / "whole")
    assert not (sweep / "stack.ckpt").exists()


def test_an_interrupted_sweep_without_folders_can_be_resumed(tmp_path):
    words = [
        *SHORT,
        "trainer.max_epochs=2000",
        "callbacks.early_stopping=null",
        "seed=0,1",
        "hydra/launcher=vectorized",
    ]
    words += ["hydra.launcher.folders=none", "hydra.launcher.seconds_between_checkpoints=0.1"]
    sweep = tmp_path / "sweep"
    with going_on("src.train", "-m", *words, f"hydra.sweep.dir={sweep}") as process:
        wait_until((sweep / "stack.ckpt").exists, process)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert (sweep / "stack.ckpt").exists()
    assert (sweep / "multirun.yaml").exists()
    assert folders_in(sweep) == set()


def test_another_launcher_says_that_it_trains_runs_without_a_folder_again(tmp_path):
    sweep = tmp_path / "sweep"
    words = [*SHORT, "seed=0,1", "hydra/launcher=vectorized", "hydra.launcher.folders=none"]
    assert train(sweep, *words).returncode == 0
    done = run(["src.train", f"sweep_resume={sweep}"])
    assert (done.returncode, done.stderr, folders_in(sweep)) == (0, "", set())
    done = run(["src.train", f"sweep_resume={sweep}", "hydra/launcher=basic"])
    line = f"{sweep}/runs.csv: only hydra/launcher=vectorized reads it; 2 runs without a folder are trained again\n"
    assert (done.returncode, done.stderr, folders_in(sweep)) == (0, line, {"0", "1"})
    assert [found.has_folder for found in read_runs([sweep])] == [True, True]


def test_a_search_keeps_its_folders(tmp_path):
    words = [*SHORT, "optimizer.lr=interval(0.01,1)", "hydra/sweeper=optuna", "hydra.sweeper.n_trials=2"]
    done = train(tmp_path / "s", *words, "hydra/launcher=vectorized", "hydra.launcher.folders=none")
    reason = "hydra.launcher.folders: a search reads its runs' folders (got none); leave it out"
    assert (done.returncode, done.stderr) == (2, f"config error: {reason}\n")
