"""The tab key completes commands, options and keys: what is offered, and how each shell asks for it."""

import os
import shutil
import subprocess
import sys

import pytest

from classification_lab.completion import answers, settings
from classification_lab.console import COMMANDS
from src.command.catalogue import Catalogue
from tests.commands import ROOT


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["ev"], ["evaluate"]),
        (["train", "exp"], ["experiment="]),
        (["train", "experiment=x"], ["experiment=xor", "experiment=xor_gate"]),
        (["train", "opt"], ["optimizer=", "optimizer."]),
        (["train", "optimizer.l"], ["optimizer.lr="]),
        (["train", "data.fac"], []),
        (["train", "experiment=circles", "data.fac"], ["data.factor="]),
        (["train", "experiment=circles", "data=moons", "data.fac"], []),
        (["train", "callbacks=boundary_movie", "callbacks.boundary_movie.f"], ["callbacks.boundary_movie.frames="]),
        (["train", "allow_changed_data="], ["allow_changed_data=true", "allow_changed_data=false"]),
        (["train", "-m", "hydra/launcher=v"], ["hydra/launcher=vectorized"]),
        (["train", "--c"], ["--cfg", "--config-dir", "--config-name"]),
        (["evaluate", "thr"], ["threshold="]),
        (["describe", "da"], ["data=", "data.", "data_dir="]),
        (["describe", "data=sp"], ["data=spirals"]),
        (["describe", "network=m"], []),
        (["evaluate", "run=la"], ["run=latest"]),
        (["evaluate", "exp"], []),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["fly", ""], []),
    ],
    ids=" ".join,
)
def test_what_may_stand_there(words, found, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert answers(words) == found


def test_paths_are_completed_folder_by_folder(tmp_path, monkeypatch):
    (tmp_path / "runs" / "xor").mkdir(parents=True)
    (tmp_path / "runs" / ".hidden").touch()
    (tmp_path / "rows.csv").touch()
    monkeypatch.chdir(tmp_path)
    assert answers(["train", "data=csv", "data.path=r"]) == ["data.path=rows.csv", "data.path=runs/"]
    assert answers(["evaluate", "run=runs/"]) == ["run=runs/xor/"]
    assert answers(["evaluate", "run=runs/."]) == ["run=runs/.hidden"]
    assert answers(["evaluate", "run=gone/"]) == []


@pytest.mark.parametrize(
    "words",
    [
        *([name] for name in COMMANDS),
        ["train", "experiment=transfer"],
        ["train", "experiment=sweep_depth", "scheduler=cosine", "callbacks=boundary_movie"],
    ],
    ids=" ".join,
)
def test_keys_are_those_that_hydra_composes(words):
    catalogue = Catalogue(words[0], {}, words[1:])
    composed = {key for key in {*catalogue.keys()} if not key.endswith("_target_")}
    last = {key for key in composed if not any(other.startswith(f"{key}.") for other in composed)}
    without_keys = {"scheduler", "network", "changes"}
    assert last - without_keys <= settings(words).keys() <= composed


def test_nothing_heavy_is_imported():
    code = (
        "import sys; from classification_lab.completion import answers; answers(['train', 'experiment=xor', 'data.']); "
        "print({'torch', 'numpy', 'hydra', 'omegaconf', 'pydantic'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


ASKED = {
    "bash": 'source <(lab completion bash); COMP_LINE="{line}"; COMP_POINT=${{#COMP_LINE}}; '
    'COMP_WORDBREAKS=$\' \\t\\n"\\\'><=;|&(:\'; _lab; printf "%s\\n" "${{COMPREPLY[@]}}"',
    "zsh": "compdef() {{}}; source =(lab completion zsh); compadd() {{ print -rl -- ${{@[$@[(i)--] + 1, -1]}} }}; "
    'words=(${{(s: :):-"{line}"}}); [[ "{line}" == *" " ]] && words+=(""); CURRENT=$#words; _lab',
    "fish": 'lab completion fish | source; complete -C "{line}"',
}
"""How each shell, with nobody at it, is asked what the tab key would bring."""


@pytest.fixture(params=list(ASKED))
def ask(request, tmp_path):
    """Ask a shell with our script how it would complete a line's last word."""
    shell = request.param
    if shutil.which(shell) is None and not os.environ.get("CI"):
        pytest.skip(f"{shell} is not installed")
    lab = tmp_path / "bin" / "lab"
    lab.parent.mkdir()
    lab.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m classification_lab "$@"\n')
    lab.chmod(0o755)
    places = {"PATH": f"{lab.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}

    def asked(line):
        quiet = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
        words = [shell, *quiet, "-c", ASKED[shell].format(line=line)]
        done = subprocess.run(words, cwd=tmp_path, env={**os.environ, **places}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        before = line.rpartition(" ")[2].rpartition("=") if shell == "bash" else ("", "", "")  # a word of its own there
        return ["".join(before[:2]) + found for found in done.stdout.split()]

    return asked


def test_a_shell_completes_words(ask):
    assert ask("lab train exp") == ["experiment="]
    assert ask("lab train experiment=xo") == ["experiment=xor", "experiment=xor_gate"]
    assert ask("lab train -m experiment=xor seed=1 data.no") == ["data.noise="]
