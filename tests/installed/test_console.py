"""`lab COMMAND …` is `python -m src.COMMAND …`, and prints its help without importing anything heavy."""

import sys

import pytest

from classification_lab import __version__, console
from classification_lab.console import COMMANDS, hidden
from tests.commands import ROOT, run


def lab(*words, **how):
    return run(["classification_lab", *words], **how)


def test_it_says_its_version():
    assert lab("--version").stdout == f"classification-lab {__version__}\n"


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_its_help_names_each_command_in_eighty_columns(words):
    done = lab(*words)
    assert done.returncode == 0
    assert all(f"  {name} " in done.stdout for name in COMMANDS)
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_each_command_is_one_of_the_commands_of_src():
    entries = {path.stem for path in (ROOT / "src").glob("*.py") if "__main__" in path.read_text()}
    entries |= {path.parent.name for path in (ROOT / "src").glob("*/__main__.py")} - {"readme"}
    assert {*COMMANDS} == entries == {path.stem for path in (ROOT / "conf").glob("*.yaml")}


def test_a_run_goes_to_the_current_folder(tmp_path):
    words = ["experiment=xor", "trainer.max_epochs=1", "logger=none", "callbacks.figures=null"]
    done = lab("train", *words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "runs" / "xor").iterdir()
    assert (folder / "metrics.json").exists()
    assert f"run folder: {folder.relative_to(tmp_path)}" in done.stdout


def test_a_command_answers_mistakes_as_it_does_alone():
    words = ["experiment=xr", "seed=1"]
    assert lab("train", *words) == run(["src.train", *words])


def test_own_packages_of_the_current_folder_come_behind_all_others(tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(console.runpy, "run_module", lambda name, **how: begun.append((name, sys.path[-1], sys.argv)))
    monkeypatch.setattr(sys, "argv", ["/bin/lab", "train", "trust=own", "-m"])
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.chdir(tmp_path)
    console.main()
    assert begun == [("src.train", str(tmp_path), ["train", "trust=own", "-m"])]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["trian"], "trian: unknown command; did you mean train? choose from train, "),
        (["fly"], "fly: unknown command; choose from train, "),
        (
            ["experiment=xor", "seed=1"],
            "experiment=xor: needs a command; did you mean lab train experiment=xor seed=",
        ),
        (["-m", "seed=0,1"], "-m: unknown flag; the command comes first: lab train -m seed=0,1"),
        (["completion"], "completion: needs a shell (got nothing); choose from bash, zsh, fish"),
        (["completion", "tcsh"], "completion: needs a shell (got tcsh); choose from bash, zsh, fish"),
    ],
)
def test_what_is_no_command_gets_one_line(words, says):
    done = lab(*words)
    assert done.returncode == 2
    assert done.stderr.startswith(f"config error: {says}")
    assert done.stderr.count("\n") == 1


def test_another_src_in_the_way_is_named(tmp_path, monkeypatch):
    assert hidden() is None
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "src"]:
        monkeypatch.delitem(sys.modules, name)
    assert hidden().startswith(f"src: {tmp_path / 'src'} hides the lab's own package `src`; ")
