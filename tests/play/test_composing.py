"""From the settings of the page to a command line: the shortest one that gives them."""

import pytest

from src.errors import ConfigError
from src.play.composing import composed
from src.play.controls import CONTROLS, INPUTS, PROBLEMS, checked
from src.settings.rules import Input


@pytest.mark.parametrize("experiment", PROBLEMS)
def test_a_dataset_alone_is_one_word_and_fits_a_plane(experiment, tmp_path):
    found = composed({"experiment": experiment}, tmp_path)
    assert found.words == [f"experiment={experiment}"]
    assert found.values["trainer.max_epochs"] == found.usual_epochs == found.cfg.trainer.max_epochs
    assert found.cfg.head._target_.lower().endswith(f"{found.values['head']}head")


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"data.noise": 0.1, "optimizer.lr": 0.03}, []),
        ({"data.noise": 0.2, "network.hidden_dims": [8, 2]}, ["data.noise=0.2", "network.hidden_dims=[8,2]"]),
        ({"optimizer": "adam", "optimizer.momentum": 0.9}, ["optimizer=adam"]),  # which has no momentum
        ({"data.batch_size": None, "seed": 3}, ["data.batch_size=null", "seed=3"]),
        ({"network.inputs": ["x1", "sin_x2"]}, ["network.inputs=[x1,sin_x2]"]),
        ({"head": "multiclass"}, ["head=multiclass"]),
        (
            {"callbacks.early_stopping.patience": 5, "solved.at_least": 0.9},
            ["callbacks.early_stopping.patience=5", "solved.at_least=0.9"],
        ),
        ({"callbacks.early_stopping.patience": None, "solved.at_least": 0.99}, []),
    ],
)
def test_only_what_differs_is_said(wishes, words, tmp_path):
    found = composed({"experiment": "xor", **wishes}, tmp_path)
    assert found.words == ["experiment=xor", *words]


def test_the_head_fits_the_number_of_classes(tmp_path):
    assert composed({"experiment": "spirals", "data.arms": 2}, tmp_path).words[1:] == ["head=binary", "data.arms=2"]
    assert composed({"experiment": "spirals", "data.arms": 5}, tmp_path).words[1:] == ["data.arms=5"]


def test_a_perceptron_gets_hidden_layers_as_an_mlp(tmp_path):
    layers = {"network.hidden_dims": [2], "network.activation": "tanh"}
    found = composed({"experiment": "xor_gate", **layers}, tmp_path)
    assert found.words == ["experiment=xor_gate", "network=mlp", "network.hidden_dims=[2]"]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"data.num_train": 10**6}, "data.num_train: should be 10 to 20,000 on this page (got 1,000,000); python"),
        ({"network.hidden_dims": [10**4]}, "network.hidden_dims: should be 1 to 64 on this page (got 10,000)"),
        ({"network.hidden_dims": [1] * 7}, "network.hidden_dims: has at most 6 hidden layers"),
        ({"data.noise": float("nan")}, "data.noise: should be a number (got nan)"),
        ({"data.noise": "0.1 seed=3"}, "data.noise: should be a number (got '0.1 seed=3')"),
        ({"data.noise": True}, "data.noise: should be a number (got True)"),
        ({"seed": 1.5}, "seed: should be a whole number (got 1.5)"),
        ({"optimizer": "adm"}, "optimizer: no option 'adm'; did you mean adam?"),
        ({"network.inputs": ["x1", "x1_sqared"]}, "network.inputs: no option 'x1_sqared'; did you mean x1_squared?"),
        ({"network.inputs": ["x1", ["x2"]]}, "network.inputs: no option ['x2']; choose from x1, x2, x1_squared"),
        ({"network.inputs": {"x1": 1}}, "network.inputs: no option {'x1': 1}; choose from x1"),
        ({"optimizer": ["sgd"]}, "optimizer: no option ['sgd']"),
        ({"runs_dir": "/"}, "runs_dir: cannot be set on this page"),
        ([1], "page: settings should be keys and values (got list)"),
    ],
)
def test_what_a_page_may_not_ask_for_is_one_line(values, line):
    with pytest.raises(ConfigError) as refused:
        checked(values)
    assert str(refused.value).startswith(line)


def test_rules_of_the_command_line_hold_too(tmp_path):
    with pytest.raises(ConfigError, match=r"optimizer\.momentum: input should be less than 1 \(got 1\)"):
        composed({"experiment": "xor", **checked({"optimizer.momentum": 1})}, tmp_path)


def test_both_inputs_as_they_are_need_no_word(tmp_path):
    values = checked({"network.inputs": ["x1", "x2"]})
    assert values == {"network.inputs": None}
    assert composed({"experiment": "and_gate", **values}, tmp_path).words == ["experiment=and_gate"]


def test_the_inputs_on_the_page_are_those_of_the_networks():
    assert Input.__args__ == INPUTS


def test_controls_are_named_once():
    assert len({control.key for control in CONTROLS}) == len(CONTROLS)
