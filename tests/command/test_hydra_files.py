"""What Hydra writes into a resumed run's folder, and what a refused command puts back."""

import shutil
from pathlib import Path

import pytest

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
