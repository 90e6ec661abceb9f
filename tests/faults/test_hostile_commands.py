"""Run folders that a stranger made, given to every command: no code is run, and nothing is written elsewhere.

`tests/trust/test_hostile_folders.py` tests why configurations are refused; here each goes the whole way.
"""

import pickle
import shutil
from pathlib import Path

import pytest
import yaml
from omegaconf import OmegaConf

from src import lab
from src.errors import ConfigError
from src.storage.locking import release
from tests.command.place import QUICK, give
from tests.trust.attacks import ATTACKS, Payload, merged

COMMANDS = {
    "evaluate": ["run=run", "resamples=0"],
    "predict": ["run=run", "input=file.csv", "output=out/predicted.csv"],
    "export": ["run=run", "format=torch_export", "output=out/model.pt2"],
    "compare": ["sweep=sweep", "output=out"],
    "train": ["resume=run", "trainer.max_epochs=2"],
    "sweep_resume": ["sweep_resume=sweep"],
    "lab": [],
}
OBEY_NOTHING = "compare", "sweep_resume"  # which may do their work, since they take values alone from the folder
SAMPLE = 29  # every so many are among the tests of each change


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run, and a sweep of two runs, the second unfinished, before a stranger changes them."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert give("train", [*QUICK, "hydra.run.dir=run"]) == 0
        assert give("train", [*QUICK, "-m", "seed=0,1", "hydra.sweep.dir=sweep"]) == 0
    (folder / "sweep" / "1" / "metrics.json").unlink()
    (folder / "file.csv").write_text("x1,x2\n0.1,0.9\n")
    with (folder / "payload.pt").open("wb") as file:
        pickle.dump(Payload(), file)
    (folder / "payload.py").write_text("import os\nos.mkdir('was_run')\n")
    return folder


@pytest.fixture
def strangers(folder, tmp_path, monkeypatch):
    """A copy of it, as the working folder."""
    place = shutil.copytree(folder, tmp_path / "place")
    monkeypatch.chdir(place)
    yield place
    release()


def contents(folder):
    """The contents of each file; for logs, which every command may write, only that they exist."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: b"" if path.suffix == ".log" else path.read_bytes() for path in files}


def change(run, attack):
    path = run / ".hydra" / "config.yaml"
    path.write_text(yaml.safe_dump(merged(OmegaConf.to_container(OmegaConf.load(path)), ATTACKS[attack])))


def give_to_lab():
    """The result of `lab.open`, as if it were a command."""
    try:
        lab.open(Path("run").absolute()).evaluate()
    except ConfigError as error:
        print(error)
        return 2
    return 0


def each_in_turn():
    every = [(command, attack) for command in COMMANDS for attack in ATTACKS]
    return [
        pytest.param(*case, marks=pytest.mark.faults if number % SAMPLE else (), id="-".join(case))
        for number, case in enumerate(every)
    ]


@pytest.mark.parametrize(("command", "attack"), each_in_turn())
def test_nothing_is_run_and_nothing_written_elsewhere(command, attack, strangers, capfd):
    for run in (strangers / "run", strangers / "sweep" / "0", strangers / "sweep" / "1"):
        change(run, attack)
    before = contents(strangers)
    name = "train" if command == "sweep_resume" else command
    code = give_to_lab() if command == "lab" else give(name, COMMANDS[command])
    told = capfd.readouterr()
    assert not (strangers / "was_run").exists()
    if command in OBEY_NOTHING:
        assert code in (0, 1, 2)
        own = {"compare": strangers / "out", "sweep_resume": strangers / "sweep"}[command]
        after = contents(strangers)
        assert {path: each for path, each in after.items() if not path.is_relative_to(own)} == {
            path: each for path, each in before.items() if not path.is_relative_to(own)
        }
    else:
        assert code == 2, told
        assert (told.out if command == "lab" else told.err).count("\n") == 1
        assert contents(strangers) == before
    assert "Traceback" not in told.err


@pytest.mark.faults
@pytest.mark.parametrize("command", COMMANDS)
def test_the_same_folders_are_used_without_an_attack(command, strangers):
    name = "train" if command == "sweep_resume" else command
    assert (give_to_lab() if command == "lab" else give(name, COMMANDS[command])) == 0
