"""The user's own packages may be named only if the command line trusts them."""

import sys

import pytest

from src.errors import ConfigError
from src.trust.targets import check, check_names, find, trusted
from tests.conftest import compose_train

OWN = """
import torch

class Net(torch.nn.Linear):
    def __init__(self, input_shape, num_outputs):
        super().__init__(input_shape[0], num_outputs)

def make(input_shape, num_outputs):
    return Net(input_shape, num_outputs)

from torch.nn import Linear as Borrowed
from os import path as walked
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "elsewhere"
    (folder / "mynets").mkdir(parents=True)
    (folder / "mynets" / "__init__.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    sys.modules.pop("mynets", None)


def config(target, trust=None):
    cfg = compose_train()
    cfg.network = {"_target_": target}
    cfg.trust = trust
    return cfg


def test_an_own_network_needs_trust_and_has_it(package, tmp_path):
    with pytest.raises(ConfigError, match=r"network._target_: mynets.Net is not trusted; .* with trust=mynets"):
        check(config("mynets.Net"), tmp_path / "run")
    assert "mynets" not in sys.modules
    for trust in ("mynets", ["mynets"]):
        check(config("mynets.Net", trust), tmp_path / "run")
        assert find(config("mynets.Net", trust), "network").__name__ == "Net"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("mynets.make", "is not a class; a network derives from torch.nn.Module: wrap it in such a class"),
        ("mynets.missing", "mynets has no missing"),
        ("mynets.gone.Net", "there is no module mynets.gone"),
        ("mynets.walked.join", "there is no module mynets.walked"),
    ],
)
def test_what_a_trusted_package_names_is_a_class_too(package, target, message, tmp_path):
    with pytest.raises(ConfigError, match=message):
        check(config(target, "mynets"), tmp_path / "run")


def test_a_package_in_the_runs_folder_is_not_trusted(package):
    with pytest.raises(ConfigError, match=r"trust: mynets is in the run's own folder .*install it elsewhere"):
        check(config("mynets.Net", "mynets"), package)
    assert "mynets" not in sys.modules


@pytest.mark.parametrize("trust", ["os", "builtins", "src", "a.b", "../x", "", 5, ["os"], {"a": 1}])
def test_what_no_own_package_can_be_is_refused(trust):
    with pytest.raises(ConfigError, match="trust: "):
        trusted(trust)


def test_a_package_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ConfigError, match=r"trust: there is no package nowhere; .* on PYTHONPATH"):
        check(config("nowhere.Net", "nowhere"), tmp_path)


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ("optimizer", "torch.optim.RMSprop"),
        ("scheduler", "torch.optim.lr_scheduler.ExponentialLR"),
        ("callbacks.x", "lightning.pytorch.callbacks.LearningRateMonitor"),
        ("logger.x", "lightning.pytorch.loggers.CSVLogger"),
        ("trainer", "lightning.Trainer"),
        ("trainer.profiler", "lightning.pytorch.profilers.SimpleProfiler"),
        ("network", "torchvision.models.resnet.ResNet"),
    ],
)
def test_the_usual_classes_of_dependencies_are_named_freely(place, target):
    group, _, member = place.partition(".")
    node = {member: {"_target_": target}} if member else {"_target_": target}
    check_names({group: node})
    assert find({group: node}, place).__name__ == target.rpartition(".")[2]


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ("network", "lightning.pytorch.Trainer"),
        ("callbacks.x", "lightning.pytorch.serve.servable_module_validator.ServableModuleValidator"),
        ("optimizer", "torch.utils.collect_env.main"),
        ("network", "torch.nn._reduction.Module"),
        ("data", "sklearn.datasets.load_iris"),
        ("head", "torchmetrics.Accuracy"),
        ("network", "torch"),
        ("network", "srcx.Net"),
        ("network", "src..Net"),
        ("network", None),
    ],
)
def test_other_rooms_of_dependencies_are_not_imported(place, target):
    group, _, member = place.partition(".")
    node = {member: {"_target_": target}} if member else {"_target_": target}
    with pytest.raises(ConfigError, match=rf"{place}._target_: "):
        check_names({group: node})
