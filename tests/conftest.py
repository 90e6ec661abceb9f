"""What the tests share: composing a configuration and training it in this process."""

import gc
import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from src import cores
from tests import quicker  # noqa: F401

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from src.runs.training import Run

_DRAWN = "TESTS_DRAW"  # as tests.blank has it
_IMPORTED_FIRST = (
    "src.command.tasks",  # lets Hydra keep what it composes
    "tests.lean",  # as commands do, which halves the time
    "tests.blank",
)
_MOST_WORKERS = 4  # a worker and the commands that its tests start need about two gigabytes
_LONGEST = "test_notebooks", "test_experiments", "test_pages"  # begun first, so that no core waits for them in the end


def pytest_configure(config: pytest.Config) -> None:
    """Give each worker of `pytest -n` one thread: PyTorch's threads on cores that are busy are fifty times slower.

    Where lessons, commands or faults are tested, everything is as users have it, figures too.
    """
    if not config.getoption("markexpr").startswith("not "):
        os.environ[_DRAWN] = "1"
    if config.getoption("numprocesses", None):  # it only starts the workers, the sooner the better
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    else:
        gc.disable()
        for name in _IMPORTED_FIRST:
            importlib.import_module(name)


def pytest_xdist_auto_num_workers() -> int:
    """How many workers `pytest -n auto` starts."""
    return min(cores.available(), _MOST_WORKERS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take longest."""
    items.sort(key=lambda item: not item.path.stem.startswith(_LONGEST))


def pytest_collection_finish() -> None:
    """Keep garbage collections, one per Trainer, from scanning what is imported and collected."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """Unfreeze everything: libraries that PyTorch imports report at the end what they still find."""
    gc.unfreeze()


def compose_train(*overrides: str) -> "DictConfig":
    """The configuration that `python -m src.train <overrides>` would train."""
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf

    from src.places import CONF

    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("train", list(overrides))
    OmegaConf.resolve(cfg)
    return cfg


def trained(cfg: "DictConfig", folder: Path) -> "Run":
    """A run of a configuration: trained, evaluated and written."""
    from omegaconf import OmegaConf

    from src.building.build import build
    from src.building.choosing import settle
    from src.runs.training import Run

    settle(cfg, folder)
    (folder / ".hydra").mkdir(parents=True, exist_ok=True)
    OmegaConf.save(cfg, folder / ".hydra" / "config.yaml")
    run = Run(cfg, folder, build(cfg, folder))
    run.fit()
    run.evaluate()
    run.write()
    return run


@pytest.fixture
def train(tmp_path: Path) -> Callable[..., "Run"]:
    """Train, evaluate and write a run with some overrides, without TensorBoard unless asked for, and without figures.

    Figures take more time than a training of two epochs.
    """

    def run_with(*overrides: str, folder: str = "run") -> "Run":
        cfg = _quiet(*overrides)
        if "figures" in (cfg.callbacks or {}):
            cfg.callbacks.figures = None
        return trained(cfg, tmp_path / folder)

    return run_with


@pytest.fixture
def train_with_figures(tmp_path: Path) -> Callable[..., "Run"]:
    """Train like `train`, with the figures of a run."""
    return lambda *overrides, folder="run": trained(_quiet(*overrides), tmp_path / folder)


def _quiet(*overrides: str) -> "DictConfig":
    return compose_train("logger=none", "callbacks.progress_bar=null", *overrides)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw figures as users see them."""
    monkeypatch.setenv(_DRAWN, "1")


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
