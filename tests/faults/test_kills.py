"""kill -9 at random moments: the run or sweep that is resumed ends as one that was never killed, to the last bit."""

import random
import time
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.commands import ROOT, Running, run
from tests.same_run import assert_same_run, measured

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
SWEEPS = {
    "one by one": ("seed=0,1,2", "trainer.max_epochs=30", "callbacks.figures=null"),
    "stacked": ("seed=range(0,8)", "trainer.max_epochs=150", "hydra/launcher=vectorized"),
}
KILLS = {"xor": 14, "xor in steps": 8, "images": 12, "one by one": 8, "stacked": 8}  # fifty


class Reference(NamedTuple):
    """What was never killed: its folder, and the seconds that it took."""

    folder: Path
    seconds: float


def numbered(kinds, in_every_suite=()):
    """A case for each kill of some kinds; those named (kind, number) run with the other tests too."""
    return [
        pytest.param(kind, number, marks=() if (kind, number) in in_every_suite else pytest.mark.faults)
        for kind in kinds
        for number in range(KILLS[kind])
    ]


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The finished run or sweep of a kind, trained when it is first asked for."""
    known = {}

    def of(kind):
        if kind not in known:
            folder = tmp_path_factory.mktemp("reference") / "whole"
            run(["src.train", "--cfg=job"])  # the first command waits for the imports, which are no part of a run
            start = time.monotonic()
            done = run(command(kind, folder))
            assert done.returncode == 0, done.stderr
            known[kind] = Reference(folder, time.monotonic() - start)
        return known[kind]

    return of


def command(kind, folder):
    if kind in RUNS:
        return [OFTEN, *COMMON, *RUNS[kind], f"hydra.run.dir={folder}"]
    return [OFTEN, "-m", *COMMON, *SWEEPS[kind], f"hydra.sweep.dir={folder}"]


def kill(words, seconds):
    """Kill a command some seconds after its start, if it is not done by then; whether it was killed."""
    process = Running(words, ROOT, {})
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    goes_on = process.poll() is None
    process.kill()
    process.wait()
    return goes_on


def killed(kind, seconds, place):
    """The folder of a run or sweep of a kind that was killed after some seconds, sooner if it was done by then."""
    tries = ((place / f"killed{number}", seconds * 0.8**number) for number in count())
    return next(folder for folder, seconds in tries if kill(command(kind, folder), seconds))


@pytest.mark.parametrize(("kind", "number"), numbered(RUNS, in_every_suite=[("xor", 3), ("images", 5)]))
def test_a_killed_run_is_resumed_to_the_last_bit(kind, number, reference, tmp_path):
    whole = reference(kind)
    moment = random.Random(f"{kind} {number}")
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


@pytest.mark.parametrize(("kind", "number"), numbered(SWEEPS))
def test_a_killed_sweep_is_resumed_to_the_last_bit(kind, number, reference, tmp_path):
    whole = reference(kind)
    moment = random.Random(f"{kind} {number}")
    folder = killed(kind, moment.uniform(0.1, 1.0) * whole.seconds, tmp_path)
    if (folder / "multirun.yaml").exists():
        done = run([OFTEN, f"sweep_resume={folder}"])
    else:
        folder = tmp_path / "anew"
        done = run(command(kind, folder))
    assert done.returncode == 0, done.stderr
    members = sorted(path.parent for path in whole.folder.glob("*/metrics.json"))
    assert members
    assert len(list(folder.glob("*/metrics.json"))) == len(members)
    for member in members:
        mine = folder / member.name
        assert measured(mine) == measured(member)
        assert (mine / "metrics.csv").read_text() == (member / "metrics.csv").read_text()
        assert_same_run(mine, member)
