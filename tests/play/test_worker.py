"""A page's training is Lightning's: the same weights as the command's, however it was played."""

import pytest

from src.play.training import weights_hash
from tests.conftest import compose_train, trained
from tests.play.script import TEN, at, do, kind, past, played, whole

BLURRED = {"data.num_train": 640, "data.noise": 0.4, "optimizer.lr": 1.0}  # whose loss does not always fall


@pytest.fixture
def play(tmp_path):
    return lambda *lines: played(tmp_path, *lines)


def ended(message):
    return message.get("state", {}).get("ended", False)


def last_frame(told):
    return next(each for each in reversed(told) if each["type"] == "frame")


def test_weights_are_those_of_the_command_that_it_shows(play, tmp_path):
    told = play(kind("scene"), TEN, *do("step", "step"), at(0, 2), *do("play"), past(2), *do("pause", "epoch"), whole)
    state, frame = last_frame(told)["state"], last_frame(told)["frame"]
    words = state["command"].removeprefix("python -m src.train ").split()
    assert words == ["experiment=xor", "data.num_train=640", f"trainer.max_epochs={frame['epoch']}"]
    run = trained(compose_train("logger=none", "callbacks.progress_bar=null", *words), tmp_path / "run")
    run._take(run.files.last_checkpoint)
    assert frame["hash"] == weights_hash(run.parts.head)
    assert frame["scores"]["val"]["accuracy"] == pytest.approx(
        run.parts.head.evaluate(run.parts.datamodule.whole("val"))["accuracy"]
    )


def test_the_same_start_comes_to_the_same_weights_whichever_way_it_is_played(play):
    fast = [*do("fast"), ended]
    short = {"do": "set", "values": {"data.num_train": 640, "trainer.max_epochs": 6}}
    told = play(kind("scene"), short, kind("scene"), *fast, *do("reset"), kind("scene"), *do("play"), *fast[1:])
    ends = [each["frame"]["hash"] for each in told if each["type"] == "frame" and each["state"]["ended"]]
    starts = [each["scene"]["frames"][0]["hash"] for each in told if each["type"] == "scene"]
    assert len(set(ends)) == 1
    assert ends[0] not in starts
    assert len(set(starts[1:])) == 1


def test_what_training_can_take_up_goes_on_and_other_changes_begin_anew(play):
    rate, units = ({"do": "set", "values": values} for values in ({"optimizer.lr": 0.1}, {"network.hidden_dims": [3]}))
    epochs = {"do": "set", "values": {"trainer.max_epochs": 500}}
    told = play(kind("scene"), TEN, *do("epoch"), at(1), rate, kind("scene"), *do("epoch"), at(2), epochs, units)
    scenes = [each for each in told if each["type"] == "scene"]
    told_of = [each["state"]["said"] and each["state"]["said"]["key"] for each in scenes]
    assert told_of == [None, None, "goes.on", None, "anew"]
    before, after = (each["frame"] for each in told if at(1)(each)), scenes[2]["scene"]["frames"][0]
    assert next(before)["hash"] == after["hash"]
    assert after["epoch"] == 1
    assert scenes[3]["state"]["epoch"] == 2
    assert scenes[3]["values"]["trainer.max_epochs"] == 500
    assert scenes[4]["state"]["epoch"] == 0
    assert len(scenes[4]["scene"]["layers"]) == 3
    assert last_frame(told)["state"]["command"] is None


def test_early_stopping_stops_where_the_command_does(play, tmp_path):
    eager = {**BLURRED, "callbacks.early_stopping.patience": 2}
    told = play(kind("scene"), {"do": "set", "values": eager}, kind("scene"), *do("fast"), ended)
    frame, state = last_frame(told)["frame"], last_frame(told)["state"]
    assert state["said"] == {"key": "stopped", "epoch": frame["epoch"], "epochs": 2}
    words = [f"{key}={value}" for key, value in eager.items()]
    run = trained(
        compose_train("logger=none", "callbacks.progress_bar=null", "experiment=xor", *words), tmp_path / "run"
    )
    assert run.metrics["epochs"] == frame["epoch"] < 60
    run._take(run.files.last_checkpoint)
    assert frame["hash"] == weights_hash(run.parts.head)
    shown = {"experiment=xor", *words, f"trainer.max_epochs={frame['epoch']}"}
    assert set(state["command"].split()[3:]) == shown


def test_when_it_ends_can_be_changed_unless_it_would_have_stopped_before(play):
    patience, never = ({"do": "set", "values": {"callbacks.early_stopping.patience": each}} for each in (1, None))
    blurred, solved = ({"do": "set", "values": each} for each in (BLURRED, {"solved.at_least": 0.5}))
    begun = kind("scene"), blurred, kind("scene"), patience, kind("scene"), *do("fast"), ended, never, kind("scene")
    told = play(*begun, *do("epoch"), whole, solved, kind("scene"), patience, kind("scene"))
    *_, raised, other, lowered = (each for each in told if each["type"] == "scene")
    assert [each["state"]["touched"] for each in (raised, other, lowered)] == [False, False, True]
    assert not raised["state"]["ended"]
    assert "solved.at_least=0.5" in other["state"]["command"]
    assert lowered["state"]["said"] == {"key": "goes.on"}
    assert lowered["scene"]["frames"][0]["hash"] == last_frame(told)["frame"]["hash"]


def test_a_refused_value_leaves_the_training_as_it_is(play):
    bad = [{"do": "set", "values": values} for values in ({"optimizer.momentum": 1.0}, {"data.noise": -1})]
    told = play(kind("scene"), TEN, *do("step"), at(0, 1), *bad, *do("epoch"), at(1))
    lines = [each["line"] for each in told if each["type"] == "refused"]
    assert [line.partition(":")[0] for line in lines] == ["optimizer.momentum", "data.noise"]
    assert last_frame(told)["state"]["command"] is not None


def test_another_dataset_keeps_the_network(play):
    told = play(kind("scene"), {"do": "set", "values": {"experiment": "blobs"}}, kind("scene"), *do("usual"))
    first, kept, usual = (each["values"] for each in told if each["type"] == "scene")
    assert kept["network.hidden_dims"] == first["network.hidden_dims"] == [4]
    assert (kept["head"], kept["data.batch_size"]) == ("multiclass", None)
    assert usual["network.hidden_dims"] == [8, 8]


def test_inputs_stay_with_another_dataset_and_with_rows_of_ones_own(play):
    inputs = {"do": "set", "values": {"network.inputs": ["x1_squared", "sin_x2"]}}
    gate, row = {"do": "set", "values": {"experiment": "xor_gate"}}, {"do": "points", "edit": {"add": [0.5, 0.5, 1]}}
    plain = {"do": "set", "values": {"network.hidden_dims": []}}
    told = play(kind("scene"), inputs, kind("scene"), plain, kind("scene"), gate, kind("scene"), row)
    first, *others = [each["scene"]["layers"][0] for each in told if each["type"] == "scene"]
    assert first["kind"] == "linear"
    assert others == [{"kind": "derived", "names": ["x1_squared", "sin_x2"]}] * 4


def test_divergence_is_told_with_its_remedy(play):
    wild = {"network.activation": "identity", "network.hidden_dims": [4, 4], "optimizer.lr": 1e5}
    told = play(kind("scene"), {"do": "set", "values": wild}, *do("fast"), kind("diverged"), *do("play", "reset"))
    line = next(each["line"] for each in told if each["type"] == "diverged")
    assert "optimizer.lr" in line
    assert told[-1]["type"] == "scene"
    assert not told[-1]["state"]["diverged"]
