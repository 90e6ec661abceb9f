"""The origin of a run's numbers is saved with them, but nothing of the contents of its rows."""

import json
import platform
import subprocess
from importlib.metadata import version

import pytest
import torch

from src.runs.provenance import digest_of, environment, git_of
from tests.command.place import give
from tests.conftest import compose_train, trained

QUICK = ["trainer.max_epochs=1", "logger=none", "callbacks.progress_bar=null", "callbacks.figures=null"]
SMALL = ["experiment=xor", "data.num_train=64", "data.num_test=32", "data.num_val=32", *QUICK]


def read(folder):
    return json.loads((folder / "provenance.json").read_text())


def git(folder, *words):
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    return subprocess.run(["git", *who, "-C", str(folder), *words], check=True, capture_output=True, text=True).stdout


def test_a_run_says_what_it_was_trained_with(tmp_path):
    trained(compose_train(*SMALL, "seed=3", "trainer.threads=2"), tmp_path / "run")
    found = read(tmp_path / "run")
    assert found["versions"] == {
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "lightning", "torchmetrics", "scikit-learn", "hydra-core")},
    }
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    assert (found["seed"], found["threads"], found["device"], found["stack"]) == (3, 2, device, None)
    assert found["precision"] == "32-true"
    assert len(found["data_digest"]) == 32


def test_runs_of_a_stack_say_of_how_many_and_otherwise_what_they_would_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [*SMALL, "trainer.threads=1", "hydra/launcher=vectorized"]
    assert give("train", ["-m", "runs_dir=runs", "seed=0,1,2", *words]) == 0
    runs = sorted(tmp_path.glob("runs/*/multirun/*/[012]"))
    assert [read(run)["stack"] for run in runs] == [3, 3, 3]
    assert [read(run)["seed"] for run in runs] == [0, 1, 2]
    assert len({read(run)["data_digest"] for run in runs}) == 3
    trained(compose_train(*SMALL, "trainer.threads=1", "seed=1"), tmp_path / "alone")
    assert {**read(runs[1]), "stack": None} == read(tmp_path / "alone")


def test_no_value_of_a_table_is_in_it_and_its_digest_is_that_of_the_file(tmp_path):
    lines = [f"{n % 7}.2718,{n % 5}.1414,{'secret' if n % 3 else 'hidden'}" for n in range(40)]
    for name in ("rows", "copy"):
        (tmp_path / f"{name}.csv").write_text("\n".join(["a,b,y", *lines]))
    (tmp_path / "other.csv").write_text("\n".join(["a,b,y", *lines[1:], lines[0]]))
    digests = {}
    for name in ("rows", "copy", "other"):
        words = ["data=csv", f"data.path={tmp_path / name}.csv", "data.target=y", *QUICK]
        trained(compose_train(*words), tmp_path / name)
        digests[name] = read(tmp_path / name)["data_digest"]
        text = (tmp_path / name / "provenance.json").read_text()
        assert not any(value in text for value in (".2718", ".1414", "secret", "hidden", str(tmp_path)))
    assert digests["rows"] == digests["copy"] != digests["other"]


def test_the_commit_is_that_of_the_project_alone(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    assert git_of(project) is None
    git(tmp_path, "init", "-q")
    (tmp_path / "around.txt").write_text("a")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "around")
    assert git_of(project) is None  # a repository around it is another's
    git(project, "init", "-q")
    assert git_of(project) is None  # nothing is committed yet
    (project / ".gitignore").write_text("runs/\n")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "first")
    commit = git(project, "rev-parse", "HEAD").strip()
    assert git_of(project) == {"commit": commit, "clean": True}
    (project / "runs").mkdir()
    (project / "runs" / "metrics.json").write_text("{}")
    assert git_of(project) == {"commit": commit, "clean": True}
    (project / "new.py").write_text("")
    assert git_of(project) == {"commit": commit, "clean": False}


@pytest.mark.parametrize("path", ["", "/nowhere"])
def test_without_git_nothing_is_said_of_it(path, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", path)
    assert git_of(tmp_path) is None


def test_variables_of_another_repository_do_not_lead_away(tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        git(tmp_path / name, "init", "-q")
        git(tmp_path / name, "commit", "-q", "--allow-empty", "-m", name)
    expected = git_of(tmp_path / "one")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "two" / ".git"))
    assert git_of(tmp_path / "one") == expected


def test_it_is_found_once_a_process(monkeypatch):
    first = environment()
    monkeypatch.setattr(subprocess, "run", None)
    assert environment() is first


def test_data_of_ones_own_have_no_digest():
    assert digest_of(object()) is None
