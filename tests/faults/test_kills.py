"""kill -9 at random moments: the resumed run ends like one that was never killed, to the last bit."""

import random
import subprocess
import sys
import time
from contextlib import contextmanager
from itertools import count

import pytest

from src import cores
from tests.commands import ROOT, Running, run
from tests.faults.reference import Reference, shared
from tests.same_run import assert_same_run

OFTEN = "tests.faults.saving_often"
COMMON = ("logger=none", "callbacks.model_checkpoint.seconds_between_writes=0")
RUNS = {
    "xor": ("experiment=xor", "trainer.max_epochs=40", "network.hidden_dims=[16]", "network.dropout=0.2"),
    "xor in steps": ("experiment=xor", "trainer.max_epochs=6", "data.steps_per_execution=1", "scheduler=cosine"),
    "images": (
        *("experiment=digits_cnn", "trainer.max_epochs=3", "data.shift=1", "data.erase=0.5"),
        *("data.steps_per_execution=5", "callbacks.figures=null"),
    ),
}
KILLS = {"xor": 18, "xor in steps": 10, "images": 14}  # and once more, while it is resumed, every third
UNDER_LOAD = 5  # every fifth, while other processes have all cores


def numbered(in_every_suite):
    """One case per kill; the named ones (kind, number) run with the other tests too."""
    return [
        pytest.param(kind, number, marks=() if (kind, number) in in_every_suite else pytest.mark.faults)
        for kind in RUNS
        for number in range(KILLS[kind])
    ]


@pytest.fixture
def reference(tmp_path_factory):
    """The finished run of a kind, trained on first use."""

    def of(kind):
        def make(folder):
            done = run(command(kind, folder / "whole"))
            assert done.returncode == 0, done.stderr

        folder, seconds = shared(tmp_path_factory, f"run {kind}", make)
        return Reference(folder / "whole", seconds)

    return of


def command(kind, folder):
    return [OFTEN, *COMMON, *RUNS[kind], f"hydra.run.dir={folder}"]


@contextmanager
def load(wanted):
    """Processes that compute all the time, two per core."""
    number = 2 * cores.available() if wanted else 0
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def kill(words, seconds):
    """Kill a command some seconds after its start, unless it is done by then; returns whether it was killed."""
    process = Running(words, ROOT, {})
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    goes_on = process.poll() is None
    process.kill()
    process.wait()
    return goes_on


def killed(kind, seconds, place):
    """The folder of a run that was killed after some seconds, or sooner if it was done by then."""
    tries = ((place / f"killed{number}", seconds * 0.8**number) for number in count())
    return next(folder for folder, seconds in tries if kill(command(kind, folder), seconds))


@pytest.mark.parametrize(("kind", "number"), numbered(in_every_suite=[("xor", 3)]))
def test_a_killed_run_is_resumed_to_the_last_bit(kind, number, reference, tmp_path):
    whole = reference(kind)
    moment = random.Random(f"{kind} {number}")
    with load(number % UNDER_LOAD == UNDER_LOAD - 1):
        folder = killed(kind, moment.uniform(0.1, 1.0) * whole.seconds, tmp_path)
        if number % 3 == 0 and folder.exists():  # and once more, while it is resumed
            kill([OFTEN, f"resume={folder}"], moment.uniform(0.1, 1.0) * whole.seconds)
    if not (folder / ".hydra" / "config.yaml").exists():  # killed before it had a configuration
        folder = tmp_path / "anew"
        done = run(command(kind, folder))
        assert done.returncode == 0, done.stderr
    elif not (folder / "metrics.json").exists():
        done = run([OFTEN, f"resume={folder}"])
        assert done.returncode == 0, done.stderr
    assert_same_run(folder, whole.folder)
    left = {path.relative_to(folder) for path in folder.rglob("*")}
    assert {path.relative_to(whole.folder) for path in whole.folder.rglob("*")} == left
