"""The wheel contains what it should and nothing else, and trains from any folder; a clone is installed in place."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from classification_lab import __version__
from tests.commands import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKED = re.findall(r"^(\S+==\S+(?: ; .*?)?) \\$", (ROOT / "requirements.lock").read_text(), re.MULTILINE)


def files_below(*folders):
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    return {str(path.relative_to(ROOT)) for path in paths if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built by what is installed here: without isolation, and so without a network."""
    folder = tmp_path_factory.mktemp("dist")
    words = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / f"classification_lab-{__version__}-py3-none-any.whl"


def test_it_holds_the_code_and_the_configurations_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    held = {name for name in names if ".dist-info/" not in name}
    code = {path for path in files_below("src", "hydra_plugins", "classification_lab") if "src/readme/" not in path}
    assert held == code | {f"classification_lab/{path}" for path in files_below("conf", "exercises")}
    assert {name.partition("/")[0] for name in held} == {"classification_lab", "src", "hydra_plugins"}


def test_an_editable_install_adds_the_clone_and_copies_nothing(tmp_path):
    code = f"import sys, hatchling.build as b; b.build_editable({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    (built,) = tmp_path.iterdir()
    archive = zipfile.ZipFile(built)
    (place,) = [name for name in archive.namelist() if ".dist-info/" not in name]
    assert archive.read(place).decode() == str(ROOT.resolve())


def test_uv_takes_the_locked_versions():
    pins = PYPROJECT["tool"]["uv"]["constraint-dependencies"]
    assert {*pins} <= {*LOCKED}
    named = {re.match(r"[\w-]+", pin)[0] for pin in pins}
    assert {re.match(r"[\w-]+", wanted)[0] for wanted in PYPROJECT["project"]["dependencies"]} <= named


def test_git_ignores_what_uv_writes():
    assert "uv.lock" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.docs
def test_it_trains_outside_the_clone(wheel, tmp_path):
    """In an environment with the packages of this one, except the clone."""
    place = tmp_path / "env"
    venv.create(place, symlinks=True, with_pip=False)
    python = place / "bin" / "python"
    words = ["--offline", "--no-deps", "--python", str(python), str(wheel)]
    subprocess.run([sys.executable, "-m", "uv", "pip", "install", "--quiet", *words], cwd=tmp_path, check=True)
    (packages,) = (place / "lib").glob("python*/site-packages")
    (packages / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def outcome(*words):
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(words, cwd=tmp_path, env={**env, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    lab = str(place / "bin" / "lab")
    assert "\nsolved: " in outcome(lab, "train", "experiment=xor", "logger=none", "callbacks.figures=null")
    (run,) = (tmp_path / "runs" / "xor").iterdir()
    provenance = json.loads((run / "provenance.json").read_text())
    assert provenance["versions"]["classification-lab"] == __version__
    assert "git" not in provenance
    assert outcome(lab, "completion", "answer", "train", "experiment=xor_") == "experiment=xor_gate\n"
    code = "from src import lab; import src, hydra_plugins; print(lab.PROJECT, src.__file__, *hydra_plugins.__path__)"
    project, source, *plugins = map(Path, outcome(str(python), "-c", code).split())
    assert project == tmp_path
    assert source == packages / "src" / "__init__.py"
    assert plugins[0] == packages / "hydra_plugins"
