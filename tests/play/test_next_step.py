"""The coming step in numbers, and the loss over two weights, compared with PyTorch's own."""

import math
from base64 import b64decode

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from src.errors import ConfigError
from src.play.landscape import SIDE, checked_places, checked_window
from tests.play.script import at, do, kind, played
from tests.play.test_hand import AND, BY_HAND, edit, frames, weights


@pytest.fixture
def play(tmp_path):
    return lambda *lines: played(tmp_path, *lines)


def last(told, name):
    return next(each for each in reversed(told) if each["type"] == name)


def test_the_gradients_of_and_by_hand_are_those_worked_by_hand(play):
    ask = {"do": "next_step", "places": [0, 1, 2]}
    told = play(kind("scene"), AND, kind("scene"), BY_HAND, kind("frame"), ask, kind("next_step"), *do("step"), at(1))
    step = last(told, "next_step")
    row = step["x"].index([1.0, 0.0])
    assert step["logits"][row] == [-0.5]
    assert step["estimates"][row][1] == pytest.approx(0.3775, abs=5e-5)
    assert step["y"][row] == 0
    z = {tuple(x): x[0] + x[1] - 1.5 for x in step["x"]}
    errors = {x: 1 / (1 + math.exp(-each)) - (x == (1.0, 1.0)) for x, each in z.items()}
    by_hand = [sum(e * x[i] for x, e in errors.items()) / 4 for i in (0, 1)] + [sum(errors.values()) / 4]
    assert step["gradients"] == pytest.approx(by_hand, abs=1e-6)
    assert step["lr"] == 0.2
    assert step["after"] == pytest.approx([w - 0.2 * g for w, g in zip([1, 1, -1.5], by_hand, strict=True)], abs=1e-6)
    assert weights(frames(told)[-1]).tolist() == step["after"]


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_the_coming_step_is_the_one_that_the_trainer_takes(play, optimizer):
    ask = {"do": "next_step", "places": list(range(17))}
    few = {"optimizer": optimizer, "data.num_train": 96, "data.batch_size": 32, "optimizer.weight_decay": 0.01}
    few |= {"optimizer.momentum": 0.9} if optimizer == "sgd" else {}
    told = play(
        *(kind("scene"), {"do": "set", "values": few}, kind("scene"), *do("step"), at(0, 1), edit(freeze=[2])),
        *(kind("frame"), ask, kind("next_step"), *do("step"), at(0, 2), ask, kind("next_step"), *do("step"), at(1)),
        *(ask, kind("next_step"), *do("step"), at(1, 1)),
    )
    steps = [each for each in told if each["type"] == "next_step"]
    reached = [
        weights(next(each for each in reversed(frames(told)) if at(*when)({"frame": each})))
        for when in ((0, 2), (1, 0), (1, 1))
    ]
    for step, after in zip(steps, reached, strict=True):
        assert step["rows"] == 32
        assert after.tolist() == step["after"]
        assert step["after"][2] == step["weights"][2]
        assert step["gradients"][2] != 0


def test_gradients_are_pytorch_s(play):
    ask = {"do": "next_step", "places": list(range(17))}
    few = {"data.num_train": 16, "data.batch_size": 8, "data.noise": 0.2}
    step = last(play(kind("scene"), {"do": "set", "values": few}, kind("scene"), ask), "next_step")
    network = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    nn.utils.vector_to_parameters(torch.tensor(step["weights"]), network.parameters())
    loss = F.binary_cross_entropy_with_logits(
        network(torch.tensor(step["x"])).squeeze(1), torch.tensor(step["y"]).float()
    )
    loss.backward()
    own = nn.utils.parameters_to_vector([each.grad for each in network.parameters()])
    assert step["gradients"] == pytest.approx(own.tolist(), abs=1e-6)
    assert step["loss"] == pytest.approx(loss.item())


def test_the_landscape_is_the_loss_with_these_two_weights(play):
    ask = {"do": "landscape", "places": [2, 0], "window": [-3, 1, -1, 2]}
    told = play(kind("scene"), AND, kind("scene"), BY_HAND, kind("frame"), ask, kind("landscape"))
    found = last(told, "landscape")
    losses = torch.frombuffer(bytearray(b64decode(found["losses"])), dtype=torch.float32).reshape(SIDE, SIDE)
    assert (found["places"], found["window"], found["rows"]) == ([2, 0], [-3, 1, -1, 2], 4)
    x = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    for row, column in ((0, 0), (7, 30), (SIDE - 1, 3)):
        bias, first = -3 + 4 * column / (SIDE - 1), -1 + 3 * row / (SIDE - 1)
        logits = x @ torch.tensor([first, 1.0]) + bias
        assert losses[row, column].item() == pytest.approx(
            F.softplus(logits).mean().item() - logits[3].item() / 4, abs=1e-5
        )
    assert frames(told)[-1] == frames(told[:-1])[-1]


@pytest.mark.parametrize("places", [[0], [0, 0], [0, 3], [0, "1"], None, 1, [0, True]])
def test_a_landscape_needs_two_weights(places):
    with pytest.raises(ConfigError, match=r"^weights: "):
        checked_places(places, 3)
    assert checked_places([0, 2], 3) == (0, 2)


@pytest.mark.parametrize("window", [[0, 1, 2], [1, 0, 0, 1], [0, 1, 0, math.inf], [0, 1, 0, 1e9], [0, 1, "0", 1], None])
def test_a_landscape_needs_bounds(window):
    with pytest.raises(ConfigError, match=r"^weights: "):
        checked_window(window)
    assert checked_window([0, 1, -1, 1]) == (0, 1, -1, 1)


def test_wrong_questions_get_a_line_and_training_goes_on(play):
    wrong = [{"do": "next_step"}, {"do": "next_step", "places": [99]}, {"do": "landscape", "places": [0, 1]}]
    told = play(kind("scene"), *wrong, *do("epoch"), at(1))
    lines = [each["line"] for each in told if each["type"] == "refused"]
    assert [line.partition(":")[0] for line in lines] == ["weights"] * 3
