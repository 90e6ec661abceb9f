"""Weights that are set or frozen by hand: what becomes of them, and that a journal repeats it."""

import json

import pytest
import torch
from torch import nn

from src.errors import ConfigError
from src.play.hand import Hand
from src.play.saving import JOURNAL, is_saved, replay
from src.runs.opening import open_run
from src.trust.checkpoints import read_checkpoint
from tests.play.script import at, do, kind, played

AND = {"do": "open", "values": {"experiment": "and_gate"}}
BY_HAND = {"do": "weights", "edit": {"set": [[0, 1], [1, 1], [2, -1.5]]}}


@pytest.fixture
def play(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *lines: played(tmp_path / "scratch", *lines)


def edit(**change):
    return {"do": "weights", "edit": change}


def weights(frame):
    from base64 import b64decode

    return torch.frombuffer(bytearray(b64decode(frame["weights"])), dtype=torch.float32)


def frames(told):
    return [each["frame"] for each in told if each["type"] == "frame"]


def test_and_by_hand_gets_four_of_four(play):
    told = play(kind("scene"), AND, kind("scene"), BY_HAND, kind("frame"))
    frame, state = told[-1]["frame"], told[-1]["state"]
    assert weights(frame).tolist() == [1, 1, -1.5]
    assert frame["scores"]["train"]["accuracy"] == 1
    assert (state["mode"], state["touched"], state["command"], state["frozen"]) == ("paused", True, None, [])


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_a_frozen_weight_stays_as_it_is_bit_for_bit_and_others_move(play, optimizer):
    moved = {"optimizer": optimizer, "optimizer.weight_decay": 0.1, "data.num_train": 3200}
    moved |= {"optimizer.momentum": 0.9} if optimizer == "sgd" else {}
    before = [{"do": "set", "values": moved}, kind("scene"), *do("step", "step", "step"), at(0, 3)]
    told = play(kind("scene"), *before, edit(freeze=[0, 13]), kind("frame"), *do(*["step"] * 17), at(0, 20))
    start, end = weights(next(filter(lambda each: each["step"] == 3, frames(told)))), weights(frames(told)[-1])
    assert told[-1]["state"]["frozen"] == [0, 13]
    same = torch.eq(start, end)
    assert same.nonzero().flatten().tolist() == [0, 13]


def test_a_journal_with_set_and_frozen_weights_repeats_the_same_weights(play):
    rate = {"do": "set", "values": {"optimizer.lr": 0.1}}
    momentum = {"do": "set", "values": {"data.num_train": 640, "optimizer.momentum": 0.5}}
    told = play(
        *(kind("scene"), momentum, kind("scene"), edit(set=[[3, 0.25]]), kind("frame"), edit(set=[[3, 0.5], [4, -2]])),
        *(kind("frame"), rate, kind("scene"), *do("step", "step"), at(0, 2), edit(freeze=[3, 16]), kind("frame")),
        *(*do("epoch"), at(1), rate | {"values": {"optimizer.lr": 0.2}}, kind("scene"), *do("step"), at(1, 1)),
        *(edit(thaw=[16]), kind("frame"), edit(set=[[0, 1]]), kind("frame"), *do("epoch", "epoch"), at(3)),
        *(*do("save"), kind("saved")),
    )
    (saved,) = (each for each in told if each["type"] == "saved")
    assert (saved["same"], saved["touched"]) == (True, True)
    frozen = weights(next(each["frame"] for each in told if at(0, 2)(each)))
    later = weights(next(each["frame"] for each in told if at(1, 1)(each)))
    last = weights(frames(told)[-1])
    assert [(frozen == each)[[3, 16]].tolist() for each in (later, last)] == [[True, True], [True, False]]
    from pathlib import Path

    folder = Path(saved["folder"])
    lines = [json.loads(line) for line in (folder / JOURNAL).read_text().splitlines()]
    assert lines[0]["weights"] == [{"epochs": 0, "steps": 0, "set": [[3, 0.5], [4, -2]]}]
    assert lines[1]["weights"] == [{"epochs": 0, "steps": 2, "freeze": [3, 16]}]
    opened = open_run(folder)
    opened.head.load_state_dict(read_checkpoint(folder / "checkpoints" / "last.ckpt")["state_dict"])
    assert is_saved(opened.head, replay(folder / JOURNAL, "runs"))


def test_a_training_that_only_has_weights_by_hand_is_saved_after_an_epoch(play):
    told = play(
        *(kind("scene"), AND, kind("scene"), BY_HAND, kind("frame"), *do("save"), kind("refused")),
        *(*do("epoch"), at(1), *do("save"), kind("saved")),
    )
    line = next(each["line"] for each in told if each["type"] == "refused")
    assert line.startswith("save: needs a complete epoch with the current settings and weights")
    assert told[-1]["same"]


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"set": [[0, None]]}, "should be a number (got None)"),
        ({"set": [[0, float("nan")]]}, "should be a number (got nan)"),
        ({"set": [[0, True]]}, "should be a number (got True)"),
        ({"set": [[0, 1e9]]}, "should be -1,000 to 1,000 on this page (got 1e+09)"),
        ({"set": [[3, 1]]}, "there is no weight 3; this network's weights have the numbers 0 to 2"),
        ({"set": [[-1, 1]]}, "there is no weight -1"),
        ({"set": [["0", 1]]}, "there is no weight '0'"),
        ({"set": [0, 1]}, "should be pairs"),
        ({"freeze": [3]}, "there is no weight 3"),
        ({"freeze": []}, "should set, freeze or thaw"),
        ({"freeze": [0] * 101}, "should set, freeze or thaw"),
        ({"freeze": [0], "set": []}, "should set, freeze or thaw"),
        ([], "should set, freeze or thaw"),
    ],
)
def test_what_is_no_change_of_weights_is_refused_and_changes_nothing(wrong, line):
    hand = Hand(nn.Linear(2, 1))
    with pytest.raises(ConfigError) as refused:
        hand.change(wrong, 0, 0)
    assert line in str(refused.value)
    assert str(refused.value).startswith("weights: ")
    assert "\n" not in str(refused.value)
    assert (hand.edits, hand.frozen) == ([], [])


def test_a_weight_that_was_set_has_no_momentum_left():
    network = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    hand = Hand(network)
    hand.begin(optimizer, [])
    for _ in range(2):
        network.weight.grad, network.bias.grad = torch.ones(1, 2), torch.ones(1)
        optimizer.step()
    hand.change({"set": [[1, 0.5]]}, 0, 2)
    optimizer.step()
    assert network.weight[0, 1].item() == pytest.approx(0.5 - 0.1)
    buffer = optimizer.state[network.weight]["momentum_buffer"]
    assert buffer.tolist() == [[pytest.approx(0.9 * 1.9 + 1), 1]]


@pytest.mark.parametrize(
    "edits",
    [
        '[{"epochs": 0, "steps": 0, "set": [[99, 1]]}]',
        '[{"epochs": 5, "steps": 9, "set": [[0, 1]]}]',
        '[{"epochs": 0, "steps": 0, "set": [[0, 1e99]]}]',
        '[{"epochs": -1, "steps": 0, "set": [[0, 1]]}]',
        '["set"]',
        "3",
    ],
)
def test_changes_of_weights_in_a_journal_are_data(tmp_path, monkeypatch, edits):
    monkeypatch.chdir(tmp_path)
    first, then = ({"settings": {"experiment": "and_gate"}, "epochs": each, "steps": each} for each in (1, 2))
    text = f'{json.dumps(first)[:-1]}, "weights": {edits}}}\n{json.dumps(then)}\n'
    (tmp_path / JOURNAL).write_text(text)
    with pytest.raises(ConfigError, match=r"^(weights|journal): [^\n]*$"):
        replay(tmp_path / JOURNAL, "runs")
