"""What Hydra writes into a resumed run's folder, and what a refused command puts back."""

import shutil
from pathlib import Path

import pytest

from src.command.hydra_files import of_resumed
from src.comparing.reading import read_runs
from src.storage.folders import RunFolder
from tests.command.place import give

CONFIG = Path("again", ".hydra", "config.yaml")


@pytest.fixture
def again(here):
    """A copy of the finished run."""
    shutil.copytree("run", "again")
    yield
    shutil.rmtree("again")


def test_a_refused_command_puts_back_what_it_changed_and_nothing_of_an_earlier_one(again):
    before = CONFIG.read_text()
    assert give("train", ["resume=again", "trainer.max_epochs=0"]) == 2
    assert CONFIG.read_text() == before
    assert give("train", ["resume=again", "trainer.max_epochs=2"]) == 0
    resumed = CONFIG.read_text()
    assert "max_epochs: 2" in resumed
    assert give("train", ["runs_dir=refused", "optimizer.lr=-1"]) == 2
    assert CONFIG.read_text() == resumed
    assert not Path("refused").exists()


def test_a_resumed_run_is_still_what_its_words_made_it_and_what_was_set_since(again):
    (before,) = read_runs([Path("again")])
    assert give("train", ["resume=again", "trainer.max_epochs=2"]) == 0
    assert give("train", ["resume=again", "trainer.max_epochs=3", "optimizer.lr=0.3"]) == 0
    (after,) = read_runs([Path("again")])
    assert before.overrides["experiment"] == "xor"
    assert after.overrides == {**before.overrides, "trainer.max_epochs": 3, "optimizer.lr": 0.3}
    assert after.choices == before.choices
    assert after.value("network") == before.value("network") == "mlp"
    assert after.value("trainer.max_epochs") == 3


def test_words_that_cannot_be_read_are_replaced(tmp_path):
    run = RunFolder(tmp_path)
    run.hydra.mkdir()
    run.hydra_config.write_text("hydra: {}")
    files = {"config.yaml": "a: 1", "hydra.yaml": "b: 2", "overrides.yaml": "- resume=run\n- ~data.positive\n"}
    assert of_resumed(files, run) == files
    for broken in ("{", "- 1", "a: 2"):
        run.overrides.write_text(broken)
        assert of_resumed(files, run) == files
    run.overrides.write_text("- data.positive=sick\n- +seed=1\n- resume=elsewhere\n")
    assert of_resumed(files, run) == {"config.yaml": "a: 1", "overrides.yaml": "- +seed=1\n- ~data.positive\n"}


def test_a_run_that_lost_its_words_to_an_earlier_version_is_compared(again, capsys):
    for name, text in (("overrides.yaml", "- resume=again\n"), ("hydra.yaml", "hydra: {runtime: {choices: {}}}")):
        (CONFIG.parent / name).write_text(text)
    (lost,) = read_runs([Path("again")])
    assert lost.value("network") is None
    assert lost.value("network.activation") == "tanh"
