"""Hydra's flags anywhere on the line, and the user's own options besides this project's."""

import gc

import pytest
from hydra.core.utils import JobReturn
from omegaconf import OmegaConf

from src.command import cli
from tests.command.place import composed, give


@pytest.mark.parametrize(
    "words",
    [
        ["--cfg", "job", "--resolve", "experiment=xor", "seed=3"],
        ["experiment=xor", "seed=3", "--cfg", "job", "--resolve"],
        ["experiment=xor", "-c", "job", "seed=3", "--resolve"],
        ["experiment=xor", "--resolve", "seed=3", "--cfg=job"],
    ],
)
def test_a_flag_keeps_its_word_wherever_it_stands(words, here, capsys):
    assert give("train", words) == 0
    cfg = OmegaConf.create(capsys.readouterr().out)
    assert (cfg.seed, cfg.data.seed, cfg.network.hidden_dims) == (3, 3, [4])


def test_a_package_is_shown_alone(here, capsys):
    assert give("train", ["experiment=xor", "-p", "optimizer", "optimizer.lr=0.5", "--cfg", "job"]) == 0
    assert OmegaConf.create(capsys.readouterr().out).lr == 0.5


@pytest.mark.parametrize("words", [["--info", "experiment=xor"], ["experiment=xor", "-i", "defaults"]])
def test_info_takes_a_word_or_none(words, here, capsys):
    assert give("train", words) == 0
    assert "Defaults List" in capsys.readouterr().out


@pytest.mark.parametrize("place_of_flag", [0, 1, 2])
def test_a_sweep_is_wanted_wherever_the_flag_stands(place_of_flag, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["experiment=xor", "seed=1,2"]
    words.insert(place_of_flag, "-m")
    assert [cfg.seed for cfg in composed("train", words)] == [1, 2]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder of own options, beside the working folder."""
    monkeypatch.chdir(tmp_path)
    files = {
        "network/mine.yaml": "# Mine\n_target_: src.networks.mlp.MLP\nhidden_dims: [7]\nactivation: relu\n",
        "experiment/ours.yaml": "# @package _global_\n# Ours\ndefaults: [xor, override /network: mine, _self_]\n",
        "experiment/typo.yaml": "# @package _global_\n# Ours\nnetwork: {hiden_dims: [3]}\n",
        "mytrain.yaml": "# Mine\ndefaults: [train, override network: mine, _self_]\nseed: 7\n",
        "mistyped.yaml": "# Mine\ndefaults: [train, _self_]\noptimizer: {lrr: 7}\n",
    }
    for name, text in files.items():
        path = tmp_path / "my options" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "my options"


@pytest.mark.parametrize("how", ["flag", "searchpath"])
def test_own_options_go_with_every_experiment(how, own, capsys):
    words = ["--config-dir", "my options"] if how == "flag" else [f"hydra.searchpath=['file://{own}']"]
    (cfg,) = composed("train", ["experiment=xor", "network=mine", "~network.activation", *words])
    assert cfg.network.hidden_dims == [4]  # the experiment's
    (cfg,) = composed("train", ["experiment=ours", "network.hidden_dims=[8]", *words])
    assert cfg.network.hidden_dims == [8]
    assert give("train", ["experiment=xor", "network=mime", *words]) == 2
    choices = "cnn, mine, mlp, perceptron, resnet18, tabular"
    line = f"config error: network: no option 'mime'; did you mean mine? choose from {choices}\n"
    assert capsys.readouterr().err == line
    assert give("train", ["experiment=typo", *words]) == 2
    line = "config error: network.hiden_dims: unknown key in experiment=typo; did you mean network.hidden_dims?\n"
    assert capsys.readouterr().err == line


def test_an_own_primary_configuration_builds_on_ours(own, capsys):
    (cfg,) = composed("train", ["-cn", "mytrain", "-cd", "my options", "trainer.max_epochs=3"])
    assert (cfg.seed, cfg.network.hidden_dims, cfg.trainer.max_epochs) == (7, [7], 3)
    (cfg,) = composed("train", ["-cn", "mytrain", "experiment=xor", "-cd", "my options"])
    assert (cfg.seed, cfg.solved.at_least) == (7, 0.99)
    assert give("train", ["-cn", "mistyped", "-cd", "my options"]) == 2
    line = "config error: optimizer.lrr: unknown key in --config-name=mistyped; did you mean optimizer.lr?\n"
    assert capsys.readouterr().err == line


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["experiment=xor,circles"], "xor+circles"),
        (["experiment=glob(xor*)"], "xor+xor_gate"),
        (["experiment=xor", "seed=1,2"], "xor"),
        (["data=moons,circles", "seed=1"], "moons+circles"),
        (["experiment=digits,digits_cnn,fashion_mlp,fashion_cnn"], "digits+3_more"),
    ],
)
def test_a_sweep_over_problems_is_filed_under_a_name_of_its_own(words, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    composed("train", ["-m", *words])
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [name]


def test_a_sweep_keeps_no_configuration_of_a_run_that_has_ended(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    held = []

    def work(cfg, folder):
        returned = [each for each in gc.get_objects() if isinstance(each, JobReturn)]
        held.append([each.cfg is not None for each in returned].count(True))

    words = ["-m", "experiment=xor", "seed=1,2,3"]
    assert cli.execute("train", work, words, begins_runs=True).code == 0
    assert held == [1, 1, 1]  # its own
