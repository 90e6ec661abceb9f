"""What a notebook keeps of a training on the page: a replay of the same epochs."""

import base64
import json
import re

import pytest

from src.play import keeping
from tests.play.script import TEN, at, do, kind, past, played


@pytest.fixture
def play(tmp_path):
    return lambda *lines: played(tmp_path, *lines, replays=True)


def replays(told):
    return [each for each in told if each["type"] == "replay"]


def shown(replay):
    return json.loads(
        re.search(r'<script id="data" type="application/json">(.*?)</script>', replay["page"], re.DOTALL)[1]
    )


def test_a_replay_holds_the_weights_of_the_frames_that_were_shown(play):
    told = play(kind("scene"), TEN, *do("epoch"), at(1), *do("epoch"), at(2), *do("step", "replay"), kind("replay"))
    found = shown(replays(told)[0])
    frames = {each["frame"]["epoch"]: each["frame"] for each in told if at(1)(each) or at(2)(each)}
    assert [each["epoch"] for each in found["frames"]] == [0, 1, 2]
    for epoch in (1, 2):
        assert found["frames"][epoch]["weights"] == frames[epoch]["weights"]
        assert found["frames"][epoch]["scores"] == frames[epoch]["scores"]
    assert found["history"]["epochs"] == [0, 1, 2]
    assert base64.b64decode(replays(told)[0]["picture"]).startswith(b"\x89PNG")


def test_making_a_replay_changes_nothing_in_the_training(play):
    two = [*do("epoch"), at(2)]
    plain = play(kind("scene"), TEN, *do("epoch"), at(1), *two)
    kept = play(kind("scene"), TEN, *do("epoch"), at(1), *do("replay"), kind("replay"), *two)
    assert next(filter(at(2), plain))["frame"]["hash"] == next(filter(at(2), kept))["frame"]["hash"]


def test_test_rows_are_in_a_replay_only_while_they_are_shown(play):
    asked = [*do("epoch"), at(1), *do("replay"), kind("replay"), *do("test"), kind("scene"), *do("replay")]
    hidden, seen = replays(play(kind("scene"), TEN, *asked, kind("replay")))
    assert "test" not in shown(hidden)["splits"]
    assert "test" in shown(seen)["splits"]


def test_there_is_no_replay_before_the_first_epoch_or_after_a_reset(play):
    first, second = replays(
        play(
            *(kind("scene"), *do("replay"), kind("replay"), *do("epoch"), at(1)),
            *(*do("reset"), kind("scene"), *do("step", "replay"), kind("replay")),
        )
    )
    assert first["page"] is None
    assert second["page"] is None


def test_many_epochs_are_thinned_out_and_the_first_and_the_last_stay(play, monkeypatch):
    monkeypatch.setattr(keeping, "_MOST", 8)
    told = play(kind("scene"), TEN, *do("fast"), past(20), *do("pause", "replay"), kind("replay"))
    epochs = [each["epoch"] for each in shown(replays(told)[0])["frames"]]
    assert epochs[0] == 0
    assert epochs[-1] == next(each for each in reversed(told) if each["type"] == "frame")["frame"]["epoch"]
    assert 3 <= len(epochs) <= 9
