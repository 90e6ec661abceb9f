"""Sweeps that are killed at random moments and resumed end like the uninterrupted sweep, bit for bit."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest
import torch

from src.storage.runs_table import read
from tests.commands import ROOT, going_on, run, wait_until
from tests.faults.reference import Reference, shared

pytestmark = pytest.mark.faults

COMMON = ["-m", "experiment=xor", "logger=none", "data.num_train=600", "optimizer=adam", "data.noise=0.3"]
SWEEPS = {
    "stacks": [
        "seed=range(0,10)", "trainer.max_epochs=120", "hydra/launcher=vectorized", "hydra.launcher.max_stack=4",
        "hydra.launcher.seconds_between_checkpoints=0.2",
    ],
    "stacks without folders": [
        "seed=range(0,10)", "trainer.max_epochs=120", "hydra/launcher=vectorized", "hydra.launcher.max_stack=4",
        "hydra.launcher.seconds_between_checkpoints=0.2", "hydra.launcher.folders=best", "hydra.launcher.n_jobs=1",
    ],
    "stacks with figures": [
        "seed=range(0,6)", "trainer.max_epochs=20", "hydra/launcher=vectorized", "hydra.launcher.figures=true",
    ],
    "basic": ["seed=range(0,3)", "trainer.max_epochs=150", "callbacks.model_checkpoint.seconds_between_writes=0.1"],
}  # fmt: skip
NUMBERS = {"stacks": 7, "stacks without folders": 5, "stacks with figures": 3, "basic": 4}
CASES = [(name, i) for name, number in NUMBERS.items() for i in range(number)]


def sweep_of(runs: Path) -> Path:
    (sweep,) = (runs / "xor" / "multirun").iterdir()
    return sweep


@pytest.fixture
def uninterrupted(tmp_path_factory):
    """An undisturbed sweep: `uninterrupted(name)`."""

    def sweep(name):
        def make(runs):
            done = run(["src.train", *COMMON, *SWEEPS[name], f"runs_dir={runs}"])
            assert done.returncode == 0, done.stderr

        folder, seconds = shared(tmp_path_factory, f"sweep {name}", make)
        return Reference(sweep_of(folder), seconds)

    return sweep


def killed(words, started, seconds):
    """Start a command and kill it after some seconds; returns whether it was still running."""
    with going_on("src.train", *words) as process:
        wait_until(lambda: started() or process.poll() is not None, process)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.01)
        return process.poll() is None


def killed_sweep(name, seconds, place):
    """The folder of a sweep that was killed after some seconds, or sooner if it was done by then."""

    def goes_on(runs, seconds):
        words = [*COMMON, *SWEEPS[name], f"runs_dir={runs}"]
        return killed(words, lambda: list(runs.glob("xor/multirun/*/multirun.yaml")), seconds)

    tries = ((place / f"killed{number}", seconds * 0.8**number) for number in count())
    return next(sweep_of(runs) for runs, seconds in tries if goes_on(runs, seconds))


def files_of(sweep):
    return {
        path.relative_to(sweep): path
        for path in sweep.rglob("*")
        if path.is_file() and (path.suffix in (".csv", ".ckpt", ".png", ".txt") or path.name == "metrics.json")
    }


def assert_same_sweep(ours, theirs):
    mine, whole = files_of(ours), files_of(theirs)
    assert mine.keys() == whole.keys()
    for name, path in whole.items():
        if path.name == "metrics.json":
            found, expected = (json.loads(each.read_text()) | {"fit_seconds": 0} for each in (mine[name], path))
            assert found == expected, name
        elif path.name == "runs.csv":
            assert rows_in(ours) == rows_in(theirs)
        elif path.suffix == ".ckpt":
            found, expected = (torch.load(each, weights_only=True) for each in (mine[name], path))
            assert found["epoch"] == expected["epoch"], name
            for part in ("state_dict", "optimizer_states"):
                assert_equal(found[part], expected[part], name)
        else:
            assert mine[name].read_bytes() == path.read_bytes(), name


def rows_in(sweep):
    """What a sweep's table says of each run, except for its time and the place of the sweep."""
    return {row.number: (row.metrics | {"fit_seconds": 0}, row.failure, row.folder) for row in read(sweep)}


def assert_equal(found, expected, name):
    if isinstance(expected, torch.Tensor):
        assert torch.equal(found, expected), name
    elif isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            assert_equal(found[key], value, f"{name}/{key}")
    elif isinstance(expected, list | tuple):
        for number, (one, other) in enumerate(zip(found, expected, strict=True)):
            assert_equal(one, other, f"{name}/{number}")
    else:
        assert found == expected, name


@pytest.mark.parametrize(("name", "moment"), CASES)
def test_a_sweep_killed_twice_is_resumed_bit_for_bit(name, moment, uninterrupted, tmp_path):
    whole = uninterrupted(name)
    part = random.Random(f"{name}{moment}").uniform
    sweep = killed_sweep(name, part(0.05, 0.9) * whole.seconds, tmp_path)
    finished = {path: path.stat().st_mtime_ns for path in sweep.glob("*/metrics.json")}
    killed([f"sweep_resume={sweep}"], lambda: True, part(0.1, 0.9) * whole.seconds)
    done = run(["src.train", f"sweep_resume={sweep}"])
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert all(path.stat().st_mtime_ns == written for path, written in finished.items())
    assert_same_sweep(sweep, whole.folder)


@pytest.mark.parametrize(
    ("first", "second", "line"),
    [
        ("basic", "joblib", ""),
        ("basic", "vectorized", "Training 1 job from scratch: a stack cannot resume from a run's own checkpoint"),
        ("vectorized", "basic", "stack.ckpt: only hydra/launcher=vectorized resumes a stack"),
    ],
)
def test_a_killed_sweep_is_resumed_by_another_launcher(first, second, line, tmp_path):
    words = [*COMMON, "seed=range(0,3)", "trainer.max_epochs=400", "callbacks.figures=null"]
    words += ["callbacks.early_stopping=null", f"hydra/launcher={first}", f"runs_dir={tmp_path}"]
    words += ["hydra.launcher.seconds_between_checkpoints=0.1"] if first == "vectorized" else []
    sign = {"basic": "0/checkpoints/last.ckpt", "vectorized": "stack.ckpt"}[first]
    assert killed(words, lambda: list(tmp_path.glob(f"xor/multirun/*/{sign}")), 0.1)
    sweep = sweep_of(tmp_path)
    more = ["hydra.launcher.n_jobs=2"] if second == "joblib" else []
    command = [sys.executable, "-m", "src.train", f"sweep_resume={sweep}", f"hydra/launcher={second}", *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert line in done.stdout + done.stderr
    assert len(list(sweep.glob("*/metrics.json"))) == 3
    for number in range(3):
        epochs = [line.partition(",")[0] for line in (sweep / str(number) / "metrics.csv").read_text().splitlines()]
        assert epochs == ["epoch", *map(str, range(1, 401))]


def alive(group):
    """Whether a process of a group is still running; zombies do not count."""
    listed = subprocess.run(["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    states = [state for number, state in map(str.split, listed.splitlines()) if int(number) == group]
    return any(not state.startswith("Z") for state in states)


def heed_ctrl_c():
    """A shell that runs the tests with `&` has it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_joblib_sweep_ends_with_its_processes_and_is_resumed_bit_for_bit(number, uninterrupted, tmp_path):
    """Kill -9 reaches the first process alone; Ctrl-C in a terminal reaches all of them."""
    whole = uninterrupted("basic").folder
    command = [sys.executable, "-m", "src.train"]
    joblib = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
    words = [*command, *COMMON, *SWEEPS["basic"], *joblib, f"runs_dir={tmp_path}"]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, cwd=ROOT, start_new_session=True, preexec_fn=heed_ctrl_c, **pipes) as process:
        wait_until(lambda: list(tmp_path.glob("xor/multirun/*/*/checkpoints/last.ckpt")), process)
        if number == signal.SIGKILL:
            process.kill()
        else:
            os.killpg(process.pid, number)
        _, stderr = process.communicate(timeout=30)
    sweep = sweep_of(tmp_path)
    if number == signal.SIGINT:
        assert process.returncode == 130
        line = f"resume with: python -m src.train sweep_resume={os.path.relpath(sweep, ROOT)}"
        assert re.fullmatch(rf"(interrupted in epoch \d+; .*\n)*interrupted; {re.escape(line)}\n", stderr), stderr
    deadline = time.monotonic() + 20
    while alive(process.pid):
        assert time.monotonic() < deadline, "a process trains on"
        time.sleep(0.2)
    assert len(list(sweep.glob("*/metrics.json"))) < 3
    done = subprocess.run([*command, f"sweep_resume={sweep}"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert_same_sweep(sweep, whole)
