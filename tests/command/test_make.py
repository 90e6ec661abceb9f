"""`make train` hands on exactly the words that it was given."""

import shutil
import subprocess

import pytest

from tests.commands import ROOT

ODD = [
    "head.threshold=recall>=0.9",
    "x=$y",
    "x=$(HOME) ${seed} $$",
    "data.path=My Pictures, 2024",
    "data.path=two  blanks and a\ttab ",  # make itself takes those right behind the equals sign away
    'data.path=it\'s "quoted"',
    "data.path=C:\\My Files\\new\\",
    "data.path=a\\ b",
    "runs_dir=ünï/日本/🙂 #1 100% <a>&b;c|d`e` !",
    "network.hidden_dims=[16,8]",
    "solved={metric: test/loss}",
    "seed=range(0,3)",
    "optimizer.lr=",
    "experiment=xor",
]


@pytest.fixture
def project(tmp_path):
    """A folder with this Makefile and a Python that only writes down its arguments."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / "requirements.lock").touch()
    (tmp_path / ".venv" / ".ready").touch()
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text("#!/bin/sh\nprintf '%s\\0' \"$@\" > given\n")
    python.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("words", [*([word] for word in ODD), ODD, []], ids=lambda words: " ".join(words) or "none")
@pytest.mark.parametrize(("target", "module"), [("train", "src.train"), ("gallery", "src.readme")])
def test_make_hands_on_the_words_that_it_was_given(words, target, module, project):
    subprocess.run(["make", "--silent", target, *words], cwd=project, check=True)
    given = (project / "given").read_text().split("\0")[:-1]
    assert given[:2] == ["-m", module]
    last = {word.partition("=")[0]: word for word in words}  # to make, a key has one value
    assert sorted(given[2:]) == sorted(last.values())
    assert sorted(path.name for path in project.iterdir()) == [".venv", "Makefile", "given", "requirements.lock"]


@pytest.mark.parametrize("files", ["tests/heads tests/test_readme.py", ""])
def test_make_test_runs_all_the_tests_or_the_files_that_it_was_given(files, project):
    subprocess.run(["make", "--silent", "test", f"FILES={files}"], cwd=project, check=True)
    given = (project / "given").read_text().split("\0")[:-1]
    assert given == ["-m", "pytest", "-n", "auto", "--dist", "worksteal", *files.split()]
