"""What the tests share: composing a configuration and training it in this process."""

import gc
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from src import cores
from src.command import tasks  # noqa: F401  # lets Hydra keep what it composes
from src.command.startup import lean_imports
from src.places import CONF
from tests import quicker  # noqa: F401

with lean_imports():  # as commands begin: half the time
    from src.building.build import build
    from src.building.choosing import settle
    from src.runs.training import Run

from tests import blank

_MOST_WORKERS = 4  # a worker and the commands that its tests start need about two gigabytes
_LONGEST = "test_notebooks", "test_experiments", "test_pages"  # begun first, so that no core waits for them in the end


def pytest_configure(config: pytest.Config) -> None:
    """Give each worker of `pytest -n` one thread: PyTorch's threads on cores that are busy are fifty times slower.

    Where lessons, commands or faults are tested, everything is as users have it, figures too.
    """
    if config.getoption("numprocesses", None):
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    if not config.getoption("markexpr").startswith("not "):
        os.environ[blank.ASKED] = "1"


def pytest_xdist_auto_num_workers() -> int:
    """How many workers `pytest -n auto` starts."""
    return min(cores.available(), _MOST_WORKERS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take longest."""
    items.sort(key=lambda item: not item.path.stem.startswith(_LONGEST))


def pytest_collection_finish() -> None:
    """Keep garbage collections, one per Trainer, from scanning what is imported and collected."""
    gc.freeze()


def pytest_unconfigure() -> None:
    """Unfreeze everything: libraries that PyTorch imports report at the end what they still find."""
    gc.unfreeze()


def compose_train(*overrides: str) -> DictConfig:
    """The configuration that `python -m src.train <overrides>` would train."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("train", list(overrides))
    OmegaConf.resolve(cfg)
    return cfg


def trained(cfg: DictConfig, folder: Path) -> Run:
    """A run of a configuration: trained, evaluated and written."""
    settle(cfg, folder)
    (folder / ".hydra").mkdir(parents=True, exist_ok=True)
    OmegaConf.save(cfg, folder / ".hydra" / "config.yaml")
    run = Run(cfg, folder, build(cfg, folder))
    run.fit()
    run.evaluate()
    run.write()
    return run


@pytest.fixture
def train(tmp_path: Path) -> Callable[..., Run]:
    """Train, evaluate and write a run with some overrides, without TensorBoard unless asked for."""

    def run_with(*overrides: str, folder: str = "run") -> Run:
        return trained(compose_train("logger=none", "callbacks.progress_bar=null", *overrides), tmp_path / folder)

    return run_with


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw figures as users see them."""
    monkeypatch.setenv(blank.ASKED, "1")


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run, a table for it, and things that are neither."""
    from tests.command.place import make_place

    folder = tmp_path_factory.mktemp("place")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        make_place(folder)
    return folder


@pytest.fixture
def here(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That folder as the working folder; a test must remove what it creates there."""
    monkeypatch.chdir(place)
    return place
