"""BoundaryMovie: what it records, what it shows, and that it does not affect training."""

import re

import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping
from PIL import Image
from pydantic import ValidationError

from src.building.build import build
from src.callbacks.boundary_movie import BoundaryMovie
from src.callbacks.model_checkpoint import ModelCheckpoint
from src.errors import ConfigError
from src.replay.movie import Replay
from src.replay.snapshots import lent
from src.storage.epochs import read
from tests.conftest import compose_train

LAST = "checkpoints/last.ckpt"
MOVIE = ["callbacks=boundary_movie", "callbacks.figures=null", "callbacks.boundary_movie.frames=4"]


def movie_of(folder, name="boundary.gif"):
    return Image.open(folder / "plots" / name)


def replayed(trainer, head, movie):
    with lent(head):
        replay = Replay(head, trainer.datamodule, movie.snapshots, movie.frames, movie.layer, movie.max_units)
        return replay, [replay.shot(place) for place in range(len(replay.frames))]


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


def test_first_snapshot_is_the_untrained_network_and_last_the_trained(fit):
    movie = BoundaryMovie(frames=3)
    untrained = fit([BoundaryMovie()], epochs=1, lr=0.0)[1].state_dict()
    _, head = fit([movie], epochs=30)
    assert [each.epoch for each in movie.snapshots][:3] == [0, 1, 2]
    assert equal(movie.snapshots[0].weights, untrained)
    assert movie.snapshots[-1].epoch == 30
    assert equal(movie.snapshots[-1].weights, head.state_dict())


def test_last_shot_is_what_the_head_says(fit):
    movie = BoundaryMovie(frames=5)
    trainer, head = fit([movie], epochs=20)
    replay, shots = replayed(trainer, head, movie)
    points = replay.scene.plane.points
    with torch.no_grad():
        assert torch.equal(shots[-1].probabilities, head.probabilities(head(points)))
        assert torch.allclose(shots[-1].activations, torch.tanh(head.network[0](points)), atol=1e-6)
    assert replay.scene.epochs[0] == 0
    assert replay.scene.epochs[-1] == 20
    assert len(shots) == 5


def test_what_is_found_after_training_is_in_no_frame(train, monkeypatch):
    seen = []
    monkeypatch.setattr("src.replay.movie.Replay", lambda *parts: seen.append(Replay(*parts)) or seen[-1])
    words = ["experiment=moons", "callbacks=boundary_movie", "callbacks.boundary_movie.frames=2", "data.noise=0.5"]
    found = ["head.calibration=temperature", "head.threshold=f1", "callbacks.figures=null", "trainer.max_epochs=1"]
    run = train(*words, *found)
    head, (row,) = run.parts.head, read(run.folder / "metrics.csv")
    temperature, thresholds = head.temperature, head.thresholds
    assert temperature != 1
    assert thresholds != [0.5]
    assert seen[0].scene.threshold == 0.5
    assert seen[0].scene.losses[-1] == pytest.approx(row["val/loss"], rel=1e-5)  # that of an epoch knew no temperature
    logits = torch.linspace(-1, 1, 50)
    answers = head.predictions(logits)
    with head.as_in_training():
        assert torch.equal(head.predictions(logits), (logits >= 0).long())
    assert (head.temperature, head.thresholds) == (temperature, thresholds)
    assert torch.equal(head.predictions(logits), answers)


def test_scores_are_those_of_the_table(fit, tmp_path):
    from src.callbacks.history import History

    movie = BoundaryMovie(frames=50)
    trainer, head = fit([movie, History()], epochs=6)
    replay, shots = replayed(trainer, head, movie)
    rows = {row["epoch"]: row for row in read(tmp_path / "metrics.csv")}
    assert replay.scene.epochs == [0, 1, 2, 3, 4, 5, 6]
    for epoch, loss, shot in list(zip(replay.scene.epochs, replay.scene.losses, shots, strict=True))[1:]:
        assert loss == pytest.approx(rows[epoch]["val/loss"], rel=1e-5)
        assert shot.accuracy == pytest.approx(rows[epoch]["val/accuracy"])


def test_bars_are_the_weights_in_the_output(fit):
    movie = BoundaryMovie(frames=5)
    trainer, head = fit([movie], epochs=20)
    _, shots = replayed(trainer, head, movie)
    weights = head.network[2].weight[0].detach()
    assert shots[-1].towards.tolist() == (weights > 0).long().tolist()
    assert torch.allclose(shots[-1].weights / shots[-1].weights.max(), weights.abs() / weights.abs().max())


def test_head_has_its_own_weights_after_drawing(fit, tmp_path):
    movie = BoundaryMovie(frames=3)
    trainer, head = fit([movie])
    own = {name: value.clone() for name, value in head.state_dict().items()}
    movie.draw(trainer)
    assert equal(head.state_dict(), own)
    assert [path.name for path in (tmp_path / "plots").iterdir()] == ["boundary.gif"]


@pytest.mark.parametrize(("frames", "epochs", "shown"), [(4, 10, 4), (60, 5, 6), (1, 3, 1)])
def test_movie_has_the_frames_asked_for_and_loops_with_its_end_held(fit, tmp_path, frames, epochs, shown):
    movie = BoundaryMovie(frames=frames)
    trainer, _ = fit([movie], epochs=epochs)
    movie.draw(trainer)
    gif = movie_of(tmp_path)
    assert gif.n_frames == shown
    assert gif.size == (800, 542)
    if shown > 1:
        assert gif.info["loop"] == 0
        gif.seek(shown - 1)
        assert gif.info["duration"] == 2000


@pytest.mark.parametrize("steps", [1, 4])
def test_training_is_the_same_to_the_last_bit(fit, steps):
    torch.manual_seed(5)
    _, plain = fit([], steps=steps)
    state = torch.get_rng_state()
    _, filmed = fit([BoundaryMovie()], steps=steps)
    assert equal(filmed.state_dict(), plain.state_dict())
    assert torch.equal(torch.get_rng_state(), state)


def test_training_with_dropout_is_the_same_to_the_last_bit(train):
    words = ["experiment=moons", "trainer.max_epochs=2", "network.dropout=0.3", "callbacks.figures=null"]
    plain, filmed = train(*words, folder="plain"), train(*words, *MOVIE, folder="filmed")
    timing = {"fit_seconds"}
    assert {k: v for k, v in plain.metrics.items() if k not in timing} == {
        k: v for k, v in filmed.metrics.items() if k not in timing
    }


def test_early_stopping_ends_the_movie_with_the_last_epoch(fit, tmp_path):
    movie = BoundaryMovie(frames=3)
    stopping = EarlyStopping("val/loss", patience=9, min_delta=10.0)  # an epoch that nobody planned to record
    trainer, head = fit([movie, stopping], epochs=500)
    assert [each.epoch for each in movie.snapshots][-1] == trainer.current_epoch == 10
    assert equal(movie.snapshots[-1].weights, head.state_dict())
    movie.draw(trainer)
    assert movie_of(tmp_path).n_frames == 3


def test_resumed_movie_begins_where_the_run_was_taken_up_and_spares_the_first(fit, tmp_path):
    first, second = BoundaryMovie(frames=3), BoundaryMovie(frames=3)
    trainer, _ = fit([first, ModelCheckpoint()], epochs=3)
    first.draw(trainer)
    taken_up = torch.load(tmp_path / LAST, weights_only=True)["state_dict"]
    trainer, _ = fit([second, ModelCheckpoint()], epochs=8, resume=tmp_path / LAST)
    second.draw(trainer)
    assert equal(second.snapshots[0].weights, taken_up)
    assert [each.epoch for each in second.snapshots] == [3, 4, 5, 6, 7, 8]
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {"boundary.gif", "boundary_from_epoch00003.gif"}


def test_large_networks_are_recorded_no_oftener_than_they_are_shown(fit, monkeypatch):
    monkeypatch.setattr("src.callbacks.recording._MEMORY", 100)
    movie = BoundaryMovie(frames=3)
    fit([movie], epochs=20)
    assert [each.epoch for each in movie.snapshots] == [0, 5, 20]


@pytest.mark.parametrize(
    ("words", "size", "units"),
    [
        (["experiment=gaussian"], (480, 542), None),
        (["experiment=moons", "callbacks.boundary_movie.max_units=0"], (480, 542), None),
        (["experiment=spirals", "network.hidden_dims=[6,5]"], (800, 542), ("5 units of hidden layer 2", "output")),
        (
            ["experiment=spirals", "network.hidden_dims=[6,5]", "callbacks.boundary_movie.layer=first"],
            (800, 542),
            ("6 units of hidden layer 1", "next layer"),
        ),
        (
            ["experiment=xor", "data.num_train=500", "callbacks.boundary_movie.max_units=3"],
            (800, 542),
            ("3 of 4 hidden units", "output"),
        ),
    ],
)
def test_perceptrons_deep_networks_and_several_classes_have_their_movies(train, words, size, units):
    run = train(*words, *MOVIE, "trainer.max_epochs=4", "data.standardize=true")
    gif = movie_of(run.folder)
    assert (gif.size, gif.n_frames) == (size, 4)
    movie = next(each for each in run.parts.trainer.callbacks if isinstance(each, BoundaryMovie))
    replay, _ = replayed(run.parts.trainer, run.parts.head, movie)
    shown = replay.scene.units
    assert (shown is None) == (units is None)
    if units is not None:
        assert shown.title == units[0]
        assert units[1] in shown.meaning


def test_standardised_rows_are_shown_as_the_network_sees_them(train):
    run = train("experiment=moons", *MOVIE, "trainer.max_epochs=1", "data.standardize=true")
    movie = next(each for each in run.parts.trainer.callbacks if isinstance(each, BoundaryMovie))
    replay, _ = replayed(run.parts.trainer, run.parts.head, movie)
    assert replay.scene.feature_names == ("x1 (standardised)", "x2 (standardised)")
    assert replay.scene.rows[0].mean(dim=0).tolist() == pytest.approx([0, 0], abs=1e-5)
    left, right, _, _ = replay.scene.plane.extent
    assert left < replay.scene.rows[0][:, 0].min() < replay.scene.rows[0][:, 0].max() < right


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["experiment=breast_cancer"],
            "callbacks.boundary_movie: needs two inputs and one class for each point "
            "(got BinaryHead and inputs of shape 30); use callbacks=default",
        ),
        (
            ["experiment=line"],
            "callbacks.boundary_movie: needs two inputs and one class for each point "
            "(got RegressionHead and inputs of shape 1); use callbacks=default",
        ),
        (
            ["experiment=xor", "callbacks.boundary_movie.layer=2"],
            "callbacks.boundary_movie.layer: the network has 1 hidden layer (got 2); use first or last",
        ),
        (
            ["experiment=xor", "callbacks.boundary_movie.frames=0"],
            "callbacks.boundary_movie.frames: input should be greater than or equal to 1 (got 0)",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused_before_training(tmp_path, words, line):
    build(compose_train("experiment=xor", "callbacks=boundary_movie", "logger=none"), tmp_path)
    with pytest.raises(ConfigError, match=f"^{re.escape(line)}$"):
        build(compose_train("callbacks=boundary_movie", "logger=none", *words), tmp_path)
    assert not list(tmp_path.iterdir())


def test_more_units_than_fit_are_refused():
    BoundaryMovie(max_units=64)
    with pytest.raises(ValidationError, match="less than or equal to 64"):
        BoundaryMovie(max_units=65)
