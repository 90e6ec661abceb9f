"""`--help` fits a terminal and shows settings as you type them."""

import re

import pytest

from src.command.catalogue import Catalogue
from src.command.help import help_text
from tests.commands import ROOT, run


def train(*words, runs):
    return run(["src.train", *words, f"runs_dir={runs}"])


def test_help_names_every_group_and_shows_examples(tmp_path):
    text = train("--help", "experiment=circles", runs=tmp_path).stdout
    for group in (ROOT / "conf").iterdir():
        assert group.suffix or (group.name in ("common", "hydra")) != (f"  {group.name}: " in text)
    assert "python -m src.train experiment=circles" in text
    assert "  data.factor=" in text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", sorted(path.stem for path in (ROOT / "conf").glob("*.yaml")))
def test_help_has_every_key_as_one_writes_it_in_eighty_columns(command):
    text = help_text(command, {}, [])
    assert max(map(len, text.splitlines())) <= 80
    shown = set(re.findall(r"^  ([a-z_.]+)=\S*$", text, re.MULTILINE))
    known = {key for key in Catalogue(command, {}, []).keys() - {"changes"} if not key.endswith("_target_")}
    whole = {key.rpartition(".")[0] for key in known} | {"scheduler"}  # groups, and what has no key but its class
    assert known - whole - {"callbacks.progress_bar", "callbacks.history"} == shown


def test_help_shows_values_as_one_writes_them():
    words = ["network.hidden_dims=[8,4]", "data.standardize=true", "seed=3"]
    text = help_text("train", {"--resolve": True}, words)
    for word in [*words, "resume=null", "data.seed=3", "trainer.devices=1"]:
        assert f"\n  {word}\n" in text


def test_help_refuses_what_the_command_would_refuse(tmp_path):
    done = train("--help", "experiment=circls", runs=tmp_path)
    assert done.returncode == 2
    assert "did you mean circles?" in done.stderr
