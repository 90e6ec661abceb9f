"""`hydra.launcher.n_jobs`: several processes train a sweep's stacks, and its results are those of one, bit for bit."""

import contextlib
import csv
import json
import os
import re
import signal
import subprocess

import pytest

from src.stacking.training import pieces_of
from src.storage.runs_table import read
from tests.commands import going_on, run, wait_until, wait_until_gone
from tests.faults.test_sweep_kills import assert_same_sweep

WORDS = ["experiment=xor", "data.num_train=600", "trainer.max_epochs=150", "callbacks.early_stopping=null"]
WORDS += ["logger=none", "seed=range(0,12)", "hydra/launcher=vectorized", "hydra.launcher.max_stack=3"]
WORDS += ["hydra.launcher.seconds_between_checkpoints=0.1"]
TWO = "hydra.launcher.n_jobs=2"


def train(sweep, *words):
    return run(["src.train", "-m", *WORDS, *words, f"hydra.sweep.dir={sweep}"])


def forks_of(process):
    """The processes that a command has started."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [int(pid) for pid, parent, state in rows if int(parent) == process.pid and not state.startswith("Z")]


def is_there(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The sweep of a single process."""
    sweep = tmp_path_factory.mktemp("whole") / "sweep"
    done = train(sweep, "hydra.launcher.n_jobs=1")
    assert done.returncode == 0, done.stderr
    return sweep


def test_two_processes_train_the_same_runs_bit_for_bit(whole, tmp_path):
    done = train(tmp_path / "sweep", TWO)
    assert (done.returncode, done.stderr) == (0, "")
    for line in ("#0 to #2: 3 runs of MLP on XOR as one stack", "#9 to #11: done in "):
        assert line in done.stdout
    assert_same_sweep(tmp_path / "sweep", whole)
    assert not list((tmp_path / "sweep").glob("stack*.ckpt"))


def test_a_process_that_is_killed_has_its_stack_trained_on_by_another(whole, tmp_path):
    sweep = tmp_path / "sweep"
    with going_on("src.train", "-m", *WORDS, TWO, f"hydra.sweep.dir={sweep}") as process:
        wait_until(lambda: len(list(sweep.glob("stack_*.ckpt"))) == 2, process)
        os.kill(forks_of(process)[0], signal.SIGKILL)
        stdout, stderr = process.communicate(timeout=120)
    assert (process.returncode, stderr) == (0, "")
    assert re.search(r"#\d+ to #\d+: its process died, training them again", stdout)
    assert re.search(r"3 runs of MLP on XOR as one stack, after their epoch \d+", stdout)
    assert_same_sweep(sweep, whole)


def test_runs_whose_process_always_dies_are_given_up_and_trained_by_sweep_resume(whole, tmp_path):
    sweep = tmp_path / "sweep"
    never = "hydra.launcher.seconds_between_checkpoints=1000"
    with going_on("src.train", "-m", *WORDS, never, TWO, f"hydra.sweep.dir={sweep}") as process:
        while process.poll() is None:
            for number in forks_of(process):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
        _, stderr = process.communicate()
    assert process.returncode == 1
    line = "its process died 3 times; if memory is short, use hydra.launcher.n_jobs=1"
    assert sorted(stderr.splitlines()[:-1]) == sorted(f"#{number}: {line}" for number in range(12))
    done = run(["src.train", f"sweep_resume={sweep}"])
    assert done.returncode == 0, done.stderr
    assert_same_sweep(sweep, whole)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_ended_command_ends_its_processes_and_is_resumed_bit_for_bit(number, whole, tmp_path):
    sweep = tmp_path / "sweep"
    with going_on("src.train", "-m", *WORDS, TWO, f"hydra.sweep.dir={sweep}") as process:
        wait_until(lambda: len(list(sweep.glob("stack_*.ckpt"))) == 2, process)
        forks = forks_of(process)
        assert len(forks) == 2
        process.send_signal(number)
        _, stderr = process.communicate(timeout=60)
    if number != signal.SIGKILL:
        assert process.returncode == 128 + number
        assert stderr == f"interrupted; resume with: python -m src.train sweep_resume={os.path.relpath(sweep)}\n"
    wait_until_gone(lambda: list(filter(is_there, forks)), seconds=10)
    before = {path: path.stat().st_mtime_ns for path in sweep.glob("*/metrics.json")}
    assert list(sweep.glob("stack_*.ckpt"))
    done = run(["src.train", f"sweep_resume={sweep}"])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(", after their epoch ") >= 1
    assert all(path.stat().st_mtime_ns == written for path, written in before.items())
    assert_same_sweep(sweep, whole)


def test_rows_of_all_processes_are_in_one_table_and_the_last_best_run_is_the_best(whole, tmp_path):
    sweep = tmp_path / "sweep"
    done = train(sweep, TWO, "hydra.launcher.folders=best")
    assert (done.returncode, done.stderr) == (0, "")
    rows = {row.number: row for row in read(sweep)}
    assert {number: row.metrics | {"fit_seconds": 0} for number, row in sorted(rows.items())} == {
        number: json.loads((whole / str(number) / "metrics.json").read_text()) | {"fit_seconds": 0}
        for number in range(12)
    }
    kept = [row for row in read(sweep) if row.folder]
    best = min(rows.values(), key=lambda row: row.metrics["val/loss"])
    assert kept[-1] == best
    assert {row.folder for row in kept} == {path.name for path in sweep.iterdir() if path.is_dir()}
    assert len(json.loads((sweep / "configs.json").read_text())["configs"]) == 1


def searched(folder, *words):
    """The table of a small search, and what it printed."""
    command = ["src.train", "-m", *WORDS[:4], "logger=none", "hydra/launcher=vectorized", "hydra/sweeper=optuna"]
    command += ["trainer.max_epochs=8", "optimizer.lr=tag(log,interval(0.001,1))", "network.hidden_dims=[2],[4]"]
    command += ["hydra.sweeper.n_trials=8", "hydra.sweeper.n_jobs=4", "hydra.sweeper.sampler.seed=0", *words]
    done = run([*command, f"hydra.sweep.dir={folder}"])
    assert (done.returncode, done.stderr) == (0, "")
    with (folder / "study.csv").open(newline="") as file:
        return list(csv.DictReader(file)), done.stdout


def test_a_search_finds_the_same_in_two_processes(tmp_path):
    rows, printed = searched(tmp_path / "two", TWO)
    assert printed.count("2 runs of") == 4, printed
    expected, printed = searched(tmp_path / "one", "hydra.launcher.n_jobs=1")
    assert printed.count("4 runs of") == 2, printed
    for row, other in zip(rows, expected, strict=True):
        assert float(row.pop("val/loss")) == pytest.approx(float(other.pop("val/loss")), rel=1e-5)
        assert row == other


def test_a_search_that_prunes_stays_in_one_process(tmp_path):
    rows, printed = searched(tmp_path / "sweep", TWO, "hydra/sweeper/pruner=median")
    assert printed.count("4 runs of") == 2, printed
    assert len(rows) == 8


@pytest.mark.parametrize(
    ("jobs", "max_stack", "at_a_time", "at_least", "sizes"),
    [
        (0, 256, 2, 32, []),
        (63, 256, 2, 32, [63]),
        (64, 256, 2, 32, [32, 32]),
        (256, 256, 2, 32, [128, 128]),
        (256, 256, 1, 32, [256]),
        (12, 4, 2, 32, [4, 4, 4]),
        (12, 4, 2, 1, [3, 3, 3, 3]),
        (600, 256, 2, 32, [150] * 4),
        (5, 256, 8, 1, [1] * 5),
    ],
)
def test_jobs_are_divided_evenly_among_processes(jobs, max_stack, at_a_time, at_least, sizes):
    pieces = pieces_of(list(range(jobs)), max_stack, at_a_time, at_least)
    assert [job for piece in pieces for job in piece.jobs] == list(range(jobs))
    assert [len(piece.jobs) for piece in pieces] == sizes
