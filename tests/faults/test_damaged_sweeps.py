"""Each file of a sweep damaged in each way, given to `sweep_resume` and to compare: done, or one line."""

import json
import shutil
from pathlib import Path

import pytest

from src.stacking.stack_checkpoint import StackCheckpoint
from src.storage.locking import release
from tests.command.place import QUICK, give
from tests.runs.test_damaged_files import DAMAGES, contents

SWEEP = ["-m", "optimizer.lr=0.1,0.2", "hydra.sweep.dir=sweep"]
LAUNCHERS = {"basic": [], "stack": ["hydra/launcher=vectorized", "hydra.launcher.seconds_between_checkpoints=0"]}
FILES = {
    "basic": [
        *("multirun.yaml", "sweep.json", "0/metrics.json", "0/run.json", "0/.hydra/config.yaml", "1/run.json"),
        *("1/.hydra/config.yaml", "1/.hydra/overrides.yaml", "1/.hydra/hydra.yaml", "1/checkpoints/last.ckpt"),
        *("1/metrics.csv", "out/.comparison.json", "out/compare.json"),
    ],
    "stack": ["stack.ckpt", "multirun.yaml", "0/.hydra/config.yaml"],
}
MORE = {"a link": None, "null": lambda content: b"null", "numbers": lambda content: b'{"hydra": 5, "metric": [1]}'}
COMMANDS = {
    "sweep_resume": ("train", ["sweep_resume=sweep"]),
    "compare": ("compare", ["sweep=sweep", "boundaries=0", "output=sweep/out"]),
}
SAMPLE = 29  # every so many are among the tests of each change


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two sweeps of two runs, interrupted after the first run and within a stack, and a comparison of each."""
    folder = tmp_path_factory.mktemp("swept")
    for name, launcher in LAUNCHERS.items():
        (folder / name).mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder / name)
            patch.setattr(StackCheckpoint, "remove", lambda self: None)
            assert give("train", [*QUICK, "trainer.max_epochs=2", *SWEEP, *launcher]) == 0
            assert give(*COMMANDS["compare"]) == 0
            for number in ("0", "1") if name == "stack" else ("1",):
                Path("sweep", number, "metrics.json").unlink()
    assert (folder / "stack" / "sweep" / "stack.ckpt").exists()
    return folder


def damage_file(path, damage, outside):
    content = path.read_bytes()
    path.unlink()
    if damage == "a folder":
        path.mkdir()
    elif damage == "a link":
        outside.write_bytes(content)
        path.symlink_to(outside)
    elif damage != "gone":
        path.write_bytes((DAMAGES | MORE)[damage](content))


def each_in_turn():
    every = [
        (command, launcher, file, damage)
        for command in COMMANDS
        for launcher, files in FILES.items()
        for file in files
        for damage in DAMAGES | MORE
    ]
    return [
        pytest.param(*case, marks=pytest.mark.faults if number % SAMPLE else (), id="-".join(case))
        for number, case in enumerate(every)
    ]


@pytest.mark.parametrize(("command", "launcher", "file", "damage"), each_in_turn())
def test_a_damaged_sweep_is_finished_or_one_line(command, launcher, file, damage, folder, tmp_path, monkeypatch, capfd):
    place = shutil.copytree(folder / launcher, tmp_path / "place")
    monkeypatch.chdir(place)
    damage_file(place / "sweep" / file, damage, tmp_path / "outside")
    before, finished = contents(tmp_path), contents(place / "sweep" / "0")
    capfd.readouterr()
    code = give(*COMMANDS[command])
    release()
    told = capfd.readouterr()
    after = contents(tmp_path)
    lines = told.err.splitlines()
    assert "Traceback" not in told.out + told.err
    assert code in (0, 1, 2)
    if code == 2:
        assert [line for line in lines if not line.startswith("left out ")] == lines[-1:]
        assert lines[-1].startswith("config error: ")
        assert after == before
    if launcher == "basic" and command == "sweep_resume":
        assert contents(place / "sweep" / "0") == finished or file == "0/metrics.json"  # by which a run has finished
    assert {path: after.get(path) for path in before if "sweep" not in path.parts} == {
        path: before[path] for path in before if "sweep" not in path.parts
    }
    if file == "0/metrics.json" and command == "sweep_resume":
        assert damage in ("gone", "not a number", "numbers") or "0/metrics.json" in told.err  # compare says of these
    elif code == 0 and command == "sweep_resume":
        found = [json.loads((place / "sweep" / number / "metrics.json").read_text()) for number in ("0", "1")]
        assert [each["epochs"] for each in found] == [2, 2]


@pytest.mark.faults
@pytest.mark.parametrize("launcher", LAUNCHERS)
@pytest.mark.parametrize("command", COMMANDS)
def test_the_same_sweep_is_finished_without_damage(command, launcher, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(shutil.copytree(folder / launcher, tmp_path / "place"))
    assert give(*COMMANDS[command]) == (0 if command == "sweep_resume" or launcher == "basic" else 2)
