"""What a run leaves behind, and what can be done with it later."""

import csv
import json

import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss, precision_score, recall_score

from src.errors import ConfigError, TrainingDivergedError
from src.heads.binary import BinaryHead
from src.runs.opening import open_run

SHORT = ("data.num_train=500", "trainer.max_epochs=4")
DROPOUT = ("network.hidden_dims=[16,16]", "network.dropout=0.3", "optimizer=adam")
PLAIN = ("callbacks.figures=null",)
TIMES = {"fit_seconds"}


def weights(run):
    return torch.nn.utils.parameters_to_vector(run.parts.head.parameters()).detach()


def final_weights(run):
    state = torch.load(run.files.last_checkpoint, weights_only=True)["state_dict"]
    return torch.cat([value.flatten() for value in state.values()])


def test_metrics_json_agrees_with_scikit_learn_on_the_opened_run(train):
    run = train("experiment=moons", "trainer.max_epochs=3")
    metrics = json.loads((run.folder / "metrics.json").read_text())
    opened = open_run(run.folder)
    x, y = opened.datamodule.splits.test
    with torch.no_grad():
        probability = opened.head(x).double().sigmoid().numpy()
    labels = probability >= 0.5
    assert metrics["test/accuracy"] == pytest.approx(accuracy_score(y, labels))
    assert metrics["test/precision"] == pytest.approx(precision_score(y, labels))
    assert metrics["test/recall"] == pytest.approx(recall_score(y, labels))
    assert metrics["test/f1"] == pytest.approx(f1_score(y, labels))
    assert metrics["test/loss"] == pytest.approx(log_loss(y, probability), abs=1e-6)
    assert metrics["test/confusion_matrix"] == confusion_matrix(y, labels).tolist()


def test_best_checkpoint_is_the_epoch_with_the_lowest_validation_loss(train):
    run = train("experiment=moons", "trainer.max_epochs=12")
    with (run.folder / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    best = min(rows, key=lambda row: float(row["val/loss"]))
    assert run.metrics["best_epoch"] == int(best["epoch"])
    assert run.metrics["val/loss"] == pytest.approx(float(best["val/loss"]), rel=1e-5)
    assert [int(row["epoch"]) for row in rows] == list(range(1, 13))
    assert int(rows[-1]["step"]) == run.metrics["steps"] == 12 * -(-1400 // 32)


def test_same_seed_gives_the_same_metrics(train):
    first, second = (train(*SHORT, *DROPOUT, folder=name).metrics for name in ("first", "second"))
    assert {k: v for k, v in first.items() if k not in TIMES} == {k: v for k, v in second.items() if k not in TIMES}


def test_another_seed_gives_other_weights(train):
    assert not torch.equal(weights(train(*SHORT, folder="a")), weights(train(*SHORT, "seed=1", folder="b")))


@pytest.mark.parametrize("steps", ["auto", "1"])
@pytest.mark.parametrize("scheduler", ["none", "plateau", "cosine"])
def test_resumed_run_ends_where_the_uninterrupted_one_does(train, steps, scheduler):
    schedule = [f"scheduler={scheduler}"] + (["scheduler.T_max=6"] if scheduler == "cosine" else [])
    common = ["data.num_train=500", *DROPOUT, *schedule, f"data.steps_per_execution={steps}"]
    if (scheduler, steps) == ("plateau", "1"):
        pytest.skip("the Trainer itself leaves the plateau's step at the seam out")
    whole = train(*common, "trainer.max_epochs=6", folder="whole")
    train(*common, "trainer.max_epochs=3", folder="parts")
    resumed = train(*common, "trainer.max_epochs=6", "resume=parts", folder="parts")
    assert torch.equal(final_weights(resumed), final_weights(whole))
    assert (resumed.folder / "metrics.csv").read_text() == (whole.folder / "metrics.csv").read_text()


def test_a_resumed_run_has_the_patience_it_is_given(train):
    hopeless = ["data.num_train=200", "optimizer.lr=1e-9", "callbacks.early_stopping.min_delta=1", *PLAIN]
    train(*hopeless, "trainer.max_epochs=4", "callbacks.early_stopping.patience=5")
    longer = ["trainer.max_epochs=30", "callbacks.early_stopping.patience=12", "resume=run"]
    assert train(*hopeless, *longer).metrics["epochs"] == 13


def test_a_run_goes_on_from_any_of_its_checkpoints(train):
    early = "callbacks.model_checkpoint.monitor=val/recall"  # best in an early epoch, whose checkpoint is not the last
    common = ["data.num_train=500", *DROPOUT, "callbacks.figures=null", early, "trainer.max_epochs=6"]
    whole = train(*common)
    assert whole.metrics["best_epoch"] < 6
    end, history = final_weights(whole), (whole.folder / "metrics.csv").read_text()
    resumed = train(*common, f"resume={whole.files.best_checkpoint}")
    assert torch.equal(final_weights(resumed), end)
    assert (resumed.folder / "metrics.csv").read_text() == history


def test_a_checkpoint_of_another_network_is_not_resumed(train):
    train(*SHORT, "network.hidden_dims=[7]", folder="other")
    with pytest.raises(ConfigError, match=r"last.ckpt: belongs to another network"):
        train(*SHORT, "trainer.max_epochs=9", "resume=other", folder="other")


def test_a_one_cycle_schedule_is_not_stretched(train):
    train(*SHORT, "scheduler=onecycle")
    with pytest.raises(
        ConfigError, match=r"trainer.max_epochs: a one-cycle schedule ends with the epochs it was planned"
    ):
        train(*SHORT, "scheduler=onecycle", "trainer.max_epochs=9", "resume=run")


def test_resume_of_a_finished_run_names_the_remedy(train):
    train(*SHORT)
    with pytest.raises(ConfigError, match=r"has trained its 4 epochs; raise trainer.max_epochs \(got 4\)"):
        train(*SHORT, "resume=run")


def test_figures_and_tensorboard_are_written(train_with_figures):
    run = train_with_figures(*SHORT, "logger=tensorboard")
    assert {path.name for path in (run.folder / "plots").iterdir()} == {
        "boundary.png",
        "confusion_matrix.png",
        "curves.png",
    }
    assert list((run.folder / "tensorboard").glob("events.out.tfevents.*"))


def test_summary_fits_a_terminal_and_names_the_curves_before_tensorboard(train_with_figures):
    run = train_with_figures("data=table", "data.name=iris", "network=perceptron", *SHORT[1:], "logger=tensorboard")
    *scores, folder, figures, board = run.summary().splitlines()
    assert max(map(len, scores)) <= 80
    assert folder.startswith("run folder: ")
    assert board.startswith("view it: tensorboard --logdir ")
    assert figures == f"figures: {run.folder / 'plots' / 'curves.png'} and 2 more in plots/"


def test_tensorboard_holds_curves_pictures_graph_and_hyperparameters(train_with_figures, drawn):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = train_with_figures(*SHORT, "logger=tensorboard")
    events = EventAccumulator(str(run.folder / "tensorboard"), size_guidance={"scalars": 0})
    events.Reload()
    tags = events.Tags()
    assert {"train/loss", "train/accuracy", "val/loss", "val/f1", "lr"} <= set(tags["scalars"])
    assert set(tags["images"]) == {"boundary", "confusion_matrix", "curves"}
    assert tags["graph"]
    assert [event.step for event in events.Scalars("train/loss")] == [4, 8, 12, 16]
    assert [event.value for event in events.Scalars("test/loss")] == [pytest.approx(run.metrics["test/loss"])]
    assert "_hparams_/session_start_info" in events.summary_metadata


def test_logging_and_figures_do_not_change_the_training(train, train_with_figures):
    plain = train(*SHORT, *DROPOUT, folder="plain")
    each_epoch = "logger=tensorboard", "callbacks.figures.every_n_epochs=1"
    watched = train_with_figures(*SHORT, *DROPOUT, *each_epoch, folder="watched")
    assert torch.equal(final_weights(plain), final_weights(watched))


def test_more_than_two_inputs_have_no_boundary_and_no_error(train_with_figures):
    run = train_with_figures(
        "data=blobs",
        "head=multiclass",
        "data.num_features=3",
        "trainer.max_epochs=2",
    )
    assert not (run.folder / "plots" / "boundary.png").exists()
    assert (run.folder / "plots" / "confusion_matrix.png").exists()


def test_a_loss_that_diverges_keeps_the_best_checkpoint(train, monkeypatch):
    healthy = BinaryHead.loss

    def diverging(head, logits, y):
        return healthy(head, logits, y) * (float("nan") if head.current_epoch == 3 else 1.0)

    monkeypatch.setattr(BinaryHead, "loss", diverging)
    with pytest.raises(TrainingDivergedError, match="became nan in epoch 4, step 13"):
        train(*SHORT, folder="diverged")
    monkeypatch.undo()
    whole = train(*SHORT, "trainer.max_epochs=3", folder="whole")
    kept = whole.folder.parent / "diverged" / "checkpoints" / "best.ckpt"
    assert torch.load(kept, weights_only=True)["epoch"] + 1 == whole.metrics["best_epoch"]


@pytest.mark.parametrize(
    "end", [["trainer.max_epochs=4"], ["optimizer.lr=1e-9", "callbacks.early_stopping.patience=2"]]
)
def test_a_run_that_was_killed_after_its_last_epoch_is_measured_and_written(train_with_figures, end):
    common = ["data.num_train=500", "trainer.max_epochs=9", "callbacks.early_stopping.min_delta=1", *end]
    whole = train_with_figures(*common, folder="whole")
    killed = train_with_figures(*common, folder="killed").folder
    for path in [killed / "metrics.json", *(killed / "plots").iterdir()]:
        path.unlink()
    resumed = train_with_figures(*common, "resume=killed", folder="killed")
    assert {**resumed.metrics, "fit_seconds": 0} == {**whole.metrics, "fit_seconds": 0}
    assert resumed.metrics["epochs"] < 9
    for name in ("metrics.csv", "plots/curves.png", "plots/boundary.png"):
        assert (killed / name).read_bytes() == (whole.folder / name).read_bytes()
