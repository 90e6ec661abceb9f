"""`make train` passes on exactly the words that it was given, and `make setup` keeps what exists."""

import os
import pty
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
    (tmp_path / ".venv" / ".full").touch()
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


def make(project, *words):
    """What `make` calls Python with, one line per call."""
    (project / ".venv" / "bin" / "python").write_text('#!/bin/sh\necho "$@" >> given\n')
    subprocess.run(["make", "--silent", "setup", *words], cwd=project, check=True)
    given = project / "given"
    return given.read_text().splitlines() if given.exists() else []


def test_setup_fills_an_environment_that_is_there_as_uv_makes_one(project):
    (project / "requirements.lock").write_text("uv==1 \\\n    --hash=sha256:0\nzzz==1 \\\n    --hash=sha256:1\n")
    (project / ".venv" / ".ready").unlink()
    calls = make(project)
    assert not any("-m venv" in call for call in calls)
    (base,) = [call for call in calls if "--extra notebooks --group setup" in call]
    assert "--require-hashes" in base
    assert "--constraint requirements.lock --requirement pyproject.toml" in base
    assert calls[-1].endswith("--no-deps --no-build-isolation --editable .")
    assert (project / ".venv" / "installer.txt").read_text() == "uv==1 \\\n    --hash=sha256:0\n"


def test_setup_installs_the_rest_where_it_is_asked_to(project):
    (project / ".venv" / ".full").unlink()
    assert make(project) == []
    (rest,) = make(project, "EXTRAS=all")
    assert rest.endswith("--constraint requirements.lock --requirement pyproject.toml --all-extras --group dev")


@pytest.mark.parametrize("watched", [True, False])
def test_a_failing_run_says_why_in_one_line_to_a_person(watched, project):
    (project / ".venv" / "bin" / "python").write_text("#!/bin/sh\necho 'config error: x' >&2; exit 2\n")
    screen, terminal = pty.openpty()
    words = ["make", "--silent", "train", "experiment=xr"]
    done = subprocess.run(words, cwd=project, stderr=terminal if watched else subprocess.PIPE, check=False)
    os.close(terminal)
    said = os.read(screen, 1000).decode() if watched else done.stderr.decode()
    os.close(screen)
    assert said.splitlines()[0] == "config error: x"
    assert len(said.splitlines()) == (1 if watched else 2)
    assert done.returncode != 0 if watched else done.returncode == 2


def test_make_notebooks_puts_the_environment_first_for_terminals_and_cells(project):
    jupyter = project / ".venv" / "bin" / "jupyter"
    jupyter.write_text("#!/bin/sh\npython\nprintf '%s\\n' \"$@\" > words\n")  # as a terminal in JupyterLab does
    jupyter.chmod(0o755)
    subprocess.run(["make", "--silent", "notebooks"], cwd=project, check=True)
    assert (project / "given").exists()  # by the environment's own Python
    assert (project / "words").read_text().split()[:2] == ["lab", "--ServerApp.root_dir=."]
