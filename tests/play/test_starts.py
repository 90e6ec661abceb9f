"""Many starts are the runs of a sweep: as many are solved, and each that is opened is the run of its seed."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from src.building.making import make
from src.play import seeds, starts
from src.play.starts import Starts
from src.play.thumbnails import SIDE
from src.plots.plane import plane_around
from src.statistics.intervals import wilson
from tests import commands
from tests.conftest import compose_train
from tests.play.script import Script, at, kind, played

VALUES = {"experiment": "xor", "network.hidden_dims": [2], "data.num_train": 640, "optimizer.lr": 0.5}
SHORT = VALUES | {"trainer.max_epochs": 100}  # in which some starts are solved and others are not
WORDS = [
    "experiment=xor",
    "network.hidden_dims=[2]",
    "data.num_train=640",
    "optimizer.lr=0.5",
    "trainer.max_epochs=100",
]


def ask(way, **more):
    return {"do": "starts", "way": way, **more}


def told(folder: Path, *lines):
    """What the process of the starts tells a page that sends these lines, as fast as the machine can."""
    script = Script(*lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(starts, "_LENGTH", 0.0)
        with pytest.raises(EOFError):
            Starts(script, folder).run()  # type: ignore[arg-type]
    assert not script._lines
    return script.told


def mode(name):
    return lambda message: message.get("mode") == name


ENDED = mode("ended")


def probabilities(numbers, x):
    """The probability of class 1 at points x [N, 2] from the nine numbers of a network with two units, by hand."""
    first, bias, second, last = numbers[:4].reshape(2, 2), numbers[4:6], numbers[6:8], numbers[8]
    return (torch.tanh(x @ first.T + bias) @ second + last).sigmoid()


def decoded(text, kind):
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), dtype=kind).copy())


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """The folder of the sweep that the page names."""
    runs = tmp_path_factory.mktemp("runs")
    words = ["src.train", "-m", *WORDS, "seed=range(0,64)", "hydra/launcher=vectorized"]
    done = commands.run([*words, "logger=none", "callbacks.figures=null", f"runs_dir={runs}"])
    assert done.returncode == 0, done.stderr
    (folder,) = (runs / "xor" / "multirun").iterdir()
    return folder


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """What the page shows of the same starts, from their beginning to their end."""
    return told(tmp_path_factory.mktemp("page"), ask("begin", count=64, values=SHORT | {"seed": 9}, number=3), ENDED)


def test_as_many_starts_are_solved_as_runs_of_the_sweep_and_the_same_ones(shown, sweep):
    last, first = shown[-1], shown[0]
    assert (last["mode"], last["epoch"], last["begun"]) == ("ended", 100, 3)
    verdicts = [json.loads((sweep / str(seed) / "metrics.json").read_text())["solved"] for seed in range(64)]
    assert last["states"] == ["solved" if verdict else "unsolved" for verdict in verdicts]
    assert 0 < last["solved"] == sum(verdicts) < 64
    assert last["interval"] == pytest.approx(wilson(sum(verdicts), 64))
    assert (first["epoch"], first["solved"], set(first["states"])) == (0, 0, {"not.yet"})
    command = last["command"].replace("'", "").removeprefix("python -m src.train -m ").split()
    assert sorted(command) == sorted([*WORDS, "seed=range(0,64)", "hydra/launcher=vectorized"])


def test_a_start_that_is_opened_is_the_run_of_its_seed(shown, sweep, tmp_path):
    seed = shown[-1]["states"].index("solved")
    opened = played(tmp_path, kind("scene"), {"do": "open", "values": SHORT | {"seed": seed}, "epochs": 100}, at(100))
    kept = torch.load(sweep / str(seed) / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    of_run = torch.cat([value.flatten() for value in kept.values()])
    data = make(compose_train(*WORDS, f"seed={seed}"), "data")
    points = plane_around(data.splits.train.x, SIDE).points
    expected = probabilities(of_run, points)
    frame = next(each["frame"] for each in opened if at(100)(each))
    assert (probabilities(decoded(frame["weights"], "<f4"), points) - expected).abs().max() < 5e-5
    picture = decoded(shown[-1]["pictures"], "u1").reshape(64, -1)[seed].long()
    said = 0.5 + (picture % 128 / 127) ** 2 / 2  # of the class that is predicted
    assert (torch.where(picture >= 128, said, 1 - said) - expected).abs().max() < 0.01


def test_it_pauses_goes_on_and_begins_anew(tmp_path):
    first, second = ask("begin", count=16, values=VALUES, number=1), ask("begin", count=16, values=SHORT, number=5)
    later = lambda message: message.get("epoch", 0) > 2  # noqa: E731
    lines = first, later, ask("pause"), mode("paused"), ask("show"), ask("play"), mode("playing"), later, second, ENDED
    found = told(tmp_path, *lines)
    paused = [each for each in found if each["mode"] == "paused"]
    assert len({each["epoch"] for each in paused}) == 1
    assert len({each["pictures"] for each in paused}) == 1
    assert [each["begun"] for each in found] == sorted(each["begun"] for each in found)
    assert (found[-1]["begun"], found[-1]["mode"], found[-1]["epoch"]) == (5, "ended", 100)


def test_what_cannot_train_together_is_refused_and_the_others_train_on(tmp_path, monkeypatch):
    begun = ask("begin", count=16, values=SHORT)
    wide = SHORT | {"network.hidden_dims": [64] * 6, "data.num_train": 20_000, "data.batch_size": None}
    wrong = [ask("begin", count=count, values=values) for count, values in ((1000, SHORT), ([], SHORT), (64, wide))]
    wrong += [
        ask("begin", count=16, values=SHORT | {"data.noise": -1}),
        ask("begin", count=16),
        ask("dance"),
        ask(["play"]),
    ]
    found = told(tmp_path, *wrong, begun, ENDED)
    lines = [each["line"] for each in found if each["type"] == "starts.refused"]
    assert lines[0] == "starts: 1000 cannot train together; choose 16 or 64"
    assert lines[1] == "starts: [] cannot train together; choose 16 or 64"
    assert "need too much memory; choose fewer starts, fewer units or a smaller batch" in lines[2]
    assert lines[3].startswith("data.noise: ")
    assert lines[4].startswith("page: settings should be keys and values (got NoneType)")
    assert found[-1]["mode"] == "ended"
    monkeypatch.setattr(seeds.grouping, "reason_against", lambda cfg: "a run is resumed alone")
    (refused,) = told(tmp_path, begun)
    assert refused["line"] == "starts: cannot train together (a run is resumed alone); choose other settings"


def test_starts_that_diverge_or_have_no_rule_are_told(tmp_path):
    wild = SHORT | {"network.activation": "identity", "network.hidden_dims": [4, 4], "optimizer.lr": 1e5}
    last = told(tmp_path, ask("begin", count=16, values=wild), ENDED)[-1]
    assert (set(last["states"]), last["solved"]) == ({"diverged"}, 0)
    unjudged = VALUES | {"trainer.max_epochs": 2, "solved.at_least": None}
    last = told(tmp_path, ask("begin", count=16, values=unjudged), ENDED)[-1]
    assert (set(last["states"]), last["solved"], last["interval"]) == ({"ended"}, None, None)
