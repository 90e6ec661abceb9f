"""A stack's runs equal runs that are trained one by one."""

import pytest
import torch

from src.errors import TrainingDivergedError
from src.runs.opening import open_run

from .conftest import alone, checkpoint, composed, curves, metrics, stacked

TOLERANCE = 1e-4
"""Weights and metrics after a hundred steps; float32 sums are taken in another order, which each step carries on."""

SHORT = ["data.num_train=400", "data.num_val=100", "data.num_test=100", "data.batch_size=32", "trainer.max_epochs=8"]
SEEDS = [[f"seed={seed}"] for seed in (0, 1, 7)]
CASES = {
    "sgd": (SHORT, [["optimizer.lr=0.1"], ["optimizer.lr=0.5", "seed=1"], ["optimizer.weight_decay=0.01", "seed=2"]]),
    "momentum": (SHORT, [["optimizer.momentum=0.9"], ["optimizer.momentum=0", "seed=1"], ["optimizer.momentum=0.5"]]),
    "nesterov": ([*SHORT, "optimizer.nesterov=true", "optimizer.momentum=0.9"], SEEDS),
    "adam": ([*SHORT, "optimizer=adam"], [["optimizer.lr=0.01"], ["seed=1"], ["optimizer.betas=[0.5,0.9]"]]),
    "adamw": ([*SHORT, "optimizer=adamw", "optimizer.lr=0.01"], [*SEEDS, ["optimizer.weight_decay=0.5"]]),
    "noise": ([*SHORT, "optimizer.lr=0.3"], [["data.noise=0.05"], ["data.noise=0.4"], ["data.label_noise=0.2"]]),
    "data seed": ([*SHORT, "optimizer.lr=0.3", "data.seed=3"], SEEDS),
    "early stopping": (
        ["data.num_train=200", "data.noise=0.4", "optimizer=adam", "trainer.max_epochs=30",
         "callbacks.early_stopping.patience=2"],
        [[f"optimizer.lr={lr}", f"seed={seed}"] for lr, seed in ((0.2, 0), (0.02, 1), (0.1, 2), (0.05, 3))],
    ),
    "early stopping at once": (
        [*SHORT, "trainer.max_epochs=12", "+callbacks.early_stopping.check_finite=false",
         "+callbacks.early_stopping.stopping_threshold=0.1", "+callbacks.early_stopping.divergence_threshold=0.69"],
        [["optimizer.lr=1"], ["optimizer.lr=0.001", "seed=1"], ["optimizer.lr=0.3", "seed=2"]],
    ),
    "plateau": (
        [*SHORT, "scheduler=plateau", "scheduler.patience=1", "data.noise=0.5", "optimizer=adam"],
        [["optimizer.lr=0.3"], ["optimizer.lr=0.1", "seed=1"], ["optimizer.lr=0.03"]],
    ),
    "cosine by step": (
        [*SHORT, "scheduler=cosine", "scheduler.interval=step", "scheduler.T_max=70"],
        [["optimizer.lr=0.3"], ["optimizer.lr=0.1", "seed=1"], ["optimizer.lr=0.3", "seed=2"]],
    ),
    "one cycle": (
        [*SHORT, "scheduler=onecycle", "optimizer.momentum=0.9", "trainer.max_epochs=6"],
        [["optimizer.lr=0.3"], ["optimizer.lr=0.1", "seed=1"], ["optimizer.momentum=0", "scheduler.pct_start=0.5"]],
    ),
    "one cycle of adam": (
        [*SHORT, "optimizer=adamw", "scheduler=onecycle", "data.noise=0.4", "callbacks.early_stopping.patience=1"],
        [["optimizer.lr=0.3"], ["optimizer.lr=0.1", "seed=1"], ["optimizer.betas=[0.5,0.99]", "scheduler.max_lr=0.02"]],
    ),
    "one cycle by epoch, without momentum": (
        [*SHORT, "scheduler=onecycle", "scheduler.interval=epoch", "scheduler.total_steps=8",
         "+scheduler.cycle_momentum=false"],
        [["optimizer.lr=0.3"], ["optimizer.lr=0.1", "seed=1"]],
    ),
    "schedules of several lengths": (
        [*SHORT, "scheduler=step"],
        [["scheduler.step_size=3"], ["scheduler.step_size=2", "seed=1"], ["scheduler.gamma=0.5"]],
    ),
    "step": ([*SHORT, "scheduler=step", "scheduler.step_size=3"], [["optimizer.lr=0.3"], ["seed=1"], ["seed=2"]]),
    "seldom validated": ([*SHORT, "trainer.check_val_every_n_epoch=5", "scheduler=step", "optimizer.lr=0.3"], SEEDS),
    "validated once": ([*SHORT, "trainer.max_epochs=3", "trainer.check_val_every_n_epoch=9"], SEEDS),
    "several blocks": ([*SHORT, "data.steps_per_execution=5", "optimizer=adam"], SEEDS),
    "full batch": (["experiment=xor_gate", "network=mlp", "trainer.max_epochs=20"], SEEDS),
    "many classes": (["experiment=blobs", "trainer.max_epochs=5"], SEEDS),
    "weighted classes": ([*SHORT, "head.class_weights=[1,3]", "optimizer.lr=0.3"], SEEDS),
    "balanced classes": (
        [*SHORT, "head.class_weights=balanced", "optimizer.lr=0.3"],
        [["data.label_noise=0.3"], ["seed=1"], ["seed=7", "network.hidden_dims=[6]"]],
    ),
    "balanced among many classes": (
        ["experiment=blobs", "trainer.max_epochs=3", "head.class_weights=balanced"],
        SEEDS,
    ),
    "calibrated": ([*SHORT, "optimizer=adam", "data.noise=0.5", "head.calibration=temperature"], SEEDS),
    "clipped": ([*SHORT, "optimizer.lr=1", "trainer.gradient_clip_val=0.1"], [*SEEDS, ["network.hidden_dims=[9]"]]),
    "clipped by value": (
        [*SHORT, "optimizer=adam", "trainer.gradient_clip_val=0.01", "+trainer.gradient_clip_algorithm=value"],
        SEEDS,
    ),
    "thresholds by rule": (
        [*SHORT, "optimizer=adam", "data.noise=0.5", "head.threshold=f1", "head.calibration=temperature"],
        SEEDS,
    ),
    "a threshold that few reach": ([*SHORT, "data.noise=0.5", "head.threshold='precision>=0.9'"], SEEDS),
    "thresholds of several labels": (
        ["experiment=multilabel", "data.num_samples=300", "trainer.max_epochs=4", "head.threshold=youden"],
        SEEDS,
    ),
    "smoothed labels": (["experiment=blobs", "trainer.max_epochs=3", "head.label_smoothing=0.2"], SEEDS),
    "regression": (["experiment=line", "trainer.max_epochs=8"], [*SEEDS, ["optimizer.lr=0.05"]]),
    "standardized": (["experiment=moons_logistic", "trainer.max_epochs=5", "data.seed=${seed}"], SEEDS),
    "accuracy decides": (
        [*SHORT, "callbacks.model_checkpoint.monitor=val/accuracy", "callbacks.model_checkpoint.mode=max"],
        SEEDS,
    ),
    "loss decides between equal accuracies": (
        [*SHORT, "callbacks.model_checkpoint.monitor=val/accuracy", "callbacks.model_checkpoint.ties=loss"],
        SEEDS,
    ),
    "dropout": ([*SHORT, "network.hidden_dims=[8,4]", "network.dropout=0.3", "optimizer=adam"], SEEDS),
    "batch norm": (  # Adam with its usual eps would turn the rounding of biases without an effect into steps
        [*SHORT, "network.hidden_dims=[8,4]", "network.batch_norm=true", "optimizer=adamw", "+optimizer.eps=0.001"],
        SEEDS,
    ),
    "batch norm, momentum and dropout": (
        [*SHORT, "network.batch_norm=true", "network.dropout=0.3", "optimizer.momentum=0.9", "trainer.max_epochs=20",
         "optimizer.weight_decay=0.01", "trainer.gradient_clip_val=0.5", "callbacks.early_stopping.patience=2"],
        [["optimizer.lr=0.03"], ["optimizer.lr=0.1", "seed=1"], ["optimizer.lr=0.01", "seed=7"]],
    ),
    "batch norm on folds of two sizes": (
        ["experiment=iris", "network=mlp", "network.batch_norm=true", "trainer.max_epochs=8", "data.folds=4",
         "data.batch_size=20", "+optimizer.eps=0.001"],
        [["data.fold=0"], ["data.fold=3", "seed=1"], ["data.fold=1", "seed=1"], ["data.fold=2"]],
    ),
    "convolutions": (
        ["experiment=digits_cnn", "network.dims=[4,8]", "network.dropout=0.2", "trainer.max_epochs=2"],
        [["seed=0"], ["seed=1", "optimizer.lr=0.002"], ["seed=2", "data.seed=3", "data.standardize=true"]],
    ),
    "embedded": (
        ["experiment=iris", "network=tabular", "network.hidden_dims=[8,4]", "data.standardize=robust",
         "trainer.max_epochs=3"],
        SEEDS,
    ),
    "several labels": (["experiment=multilabel", "data.num_samples=300", "trainer.max_epochs=4"], SEEDS),
    "folds of two sizes": (
        ["experiment=iris", "trainer.max_epochs=8", "data.folds=4"],
        [["data.fold=0"], ["data.fold=3", "seed=1"], ["data.fold=1", "seed=1"], ["data.fold=2"]],
    ),
    "folds of two sizes in full batches": (
        ["experiment=line", "trainer.max_epochs=8", "data.folds=3", "data.batch_size=null"],
        [["data.fold=0"], ["data.fold=2", "seed=1"], ["data.fold=1"]],
    ),
    "derived inputs": (
        ["experiment=moons_logistic", "network=mlp", "network.inputs=[x2,x1_squared,x1_times_x2,sin_x1]",
         "trainer.max_epochs=5"],
        [[f"seed={seed}"] for seed in range(8)],
    ),
    "several widths": (
        [*SHORT, "optimizer=adamw", "optimizer.lr=0.01", "optimizer.weight_decay=0.1"],
        [["network.hidden_dims=[3]"], ["network.hidden_dims=[7]", "seed=1"], ["network.hidden_dims=[7]", "seed=2"]],
    ),
    "several widths of sigmoid units": (
        [*SHORT, "optimizer=adam", "network.activation=sigmoid"],
        [["network.hidden_dims=[3]"], ["network.hidden_dims=[7,2]", "seed=1"], ["network.hidden_dims=[5]", "seed=2"]],
    ),
    "several activations": (
        [*SHORT, "optimizer.momentum=0.9"],
        [[f"network.activation={name}"] for name in ("identity", "relu", "elu", "gelu", "tanh", "sigmoid", "tanh")],
    ),
    "several depths": (
        [*SHORT, "optimizer=adam", "scheduler=plateau", "scheduler.patience=1"],
        [["network.hidden_dims=[8,4,6]"], ["network.hidden_dims=[4]"], ["network.hidden_dims=[6,6]", "seed=1"]],
    ),
    "several dropouts, widths and activations": (
        [*SHORT, "optimizer=adam"],
        [["network.dropout=0.3"], ["network.dropout=0.3", "network.hidden_dims=[8,6]", "network.activation=sigmoid"],
         ["network.dropout=0", "network.hidden_dims=[6]"], ["network.dropout=0.5", "network.hidden_dims=[5]"]],
    ),
    "several widths and folds": (
        ["experiment=iris", "network=mlp", "trainer.max_epochs=8", "data.folds=4"],
        [["data.fold=0"], ["data.fold=3", "network.hidden_dims=[9]"], ["data.fold=1", "network.hidden_dims=[9,3]"]],
    ),
    "several tabular networks": (
        ["experiment=iris", "network=tabular", "data.standardize=robust", "trainer.max_epochs=3"],
        [["network.hidden_dims=[8,4]"], ["network.hidden_dims=[6]", "seed=1"], ["network.hidden_dims=[5,5,5]"]],
    ),
    "one layer more": (["experiment=circles", "network.hidden_dims=[16,8]", "trainer.max_epochs=4"], SEEDS),
}  # fmt: skip


def assert_alike(ours, theirs, where=""):
    """Nested containers with equal structure, and numbers within the tolerance."""
    number = isinstance(ours, int | float) and isinstance(theirs, int | float)  # OmegaConf's 0 is our 0.0
    both = isinstance(ours, list | tuple) and isinstance(theirs, list | tuple)  # of betas, by PyTorch's version
    assert type(ours) is type(theirs) or number or both, f"{where}: {type(ours)} and {type(theirs)}"
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys(), f"{where}: {ours.keys() ^ theirs.keys()}"
        for key in theirs:
            assert_alike(ours[key], theirs[key], f"{where}/{key}")
    elif isinstance(theirs, list | tuple):
        assert len(ours) == len(theirs), where
        for i, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            assert_alike(one, other, f"{where}/{i}")
    elif isinstance(theirs, torch.Tensor):
        assert ours.dtype == theirs.dtype, where
        torch.testing.assert_close(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE, msg=lambda text: f"{where}: {text}")
    elif isinstance(theirs, float):
        assert ours == pytest.approx(theirs, rel=TOLERANCE, abs=TOLERANCE, nan_ok=True), where
    else:
        assert ours == theirs, where


@pytest.mark.parametrize("case", CASES)
def test_stacked_runs_equal_runs_alone(both, case):
    common, each = CASES[case]
    for single, member in both(common, each):
        ours, theirs = metrics(member), metrics(single)
        assert list(ours) == list(theirs)
        for key in ours.keys() - {"fit_seconds"}:
            assert_alike(ours[key], theirs[key], key)
        our_rows, their_rows = curves(member), curves(single)
        assert len(our_rows) == len(their_rows)
        for ours, theirs in zip(our_rows, their_rows, strict=True):
            assert list(ours) == list(theirs)
            for key, cell in theirs.items():
                assert_alike(float(ours[key] or "nan"), float(cell or "nan"), f"metrics.csv/{key}")


@pytest.mark.parametrize(
    "case",
    [
        "sgd",
        "momentum",
        "adam",
        "early stopping",
        "early stopping at once",
        "plateau",
        "one cycle",
        "one cycle of adam",
        "standardized",
        "step",
        "dropout",
        "batch norm",
        "convolutions",
        "several widths",
        "several depths",
        "several dropouts, widths and activations",
        "derived inputs",
        "loss decides between equal accuracies",
    ],
)
def test_checkpoints_have_the_content_of_a_run_alone(both, case):
    common, each = CASES[case]
    for single, member in both(common, each):
        for name in ("best", "last"):
            assert_same_checkpoint(checkpoint(member, name), checkpoint(single, name), name)
    assert not open_run(member).head.training


def assert_same_checkpoint(ours, theirs, name):
    for state in (ours, theirs):
        state["loops"]["fit_loop"]["state_dict"].clear()  # how far a run alone has come within an epoch
        for callback in state["callbacks"].values():
            for key in ("dirpath", "best_model_path", "kth_best_model_path", "best_k_models"):
                callback.pop(key, None)
            callback.pop("stopping_reason_message", None)
    for group in theirs["optimizer_states"][0]["param_groups"]:
        group["foreach"] = ours["optimizer_states"][0]["param_groups"][0]["foreach"]
    assert torch.equal(ours.pop("rng_state"), theirs.pop("rng_state"))
    assert_alike(ours, theirs, name)


def test_a_stacked_run_is_resumed_like_any_other(tmp_path):
    """The resumed run ends like the uninterrupted one."""
    common = [*SHORT, "optimizer=adam", "scheduler=plateau", "scheduler.patience=1", "data.noise=0.5"]
    common += ["callbacks.early_stopping.patience=50"]
    short = [composed([*common, *seed, "trainer.max_epochs=4"]) for seed in SEEDS]
    stacked(short, tmp_path)
    folder = tmp_path / "1"
    resumed = alone(composed([*common, *SEEDS[1], f"resume={folder}"]), folder)
    whole = alone(composed([*common, *SEEDS[1]]), tmp_path / "whole")
    assert resumed.metrics["epochs"] == whole.metrics["epochs"] == 8
    for key in ("best", "last"):
        ours, theirs = checkpoint(folder, key), checkpoint(tmp_path / "whole", key)
        assert_alike(ours["state_dict"], theirs["state_dict"])
        assert_alike(ours["optimizer_states"][0]["state"], theirs["optimizer_states"][0]["state"])
        theirs["loops"]["fit_loop"]["state_dict"].clear()  # how far a run alone has come within an epoch
        ours["loops"]["fit_loop"]["state_dict"].clear()
        assert ours["loops"] == theirs["loops"]
    assert len(curves(folder)) == 8


def test_a_run_that_diverges_leaves_the_others_as_they_are(tmp_path):
    common = ["data.num_train=200", "trainer.max_epochs=5", "network.hidden_dims=[8,8,8]", "network.activation=relu"]
    steep = ["data.noise=1e6", "optimizer.lr=1e6"]
    cfgs = [composed([*common, *more]) for more in (["seed=1"], steep, ["seed=2"])]
    members = stacked(cfgs, tmp_path / "stack")
    with pytest.raises(TrainingDivergedError) as reason:
        alone(cfgs[1], tmp_path / "alone")
    assert str(members[1].error) == str(reason.value)
    assert not (tmp_path / "stack" / "1" / "metrics.json").exists()
    for number in (0, 2):
        whole = alone(cfgs[number], tmp_path / f"alone_{number}")
        assert_alike(metrics(tmp_path / "stack" / str(number))["test/loss"], whole.metrics["test/loss"])


def test_a_stopped_run_does_not_change_while_others_go_on(both):
    common, each = CASES["early stopping"]
    lengths = {metrics(member)["epochs"] for _, member in both(common, each)}
    assert len(lengths) > 1
    assert min(lengths) < 30


def test_a_run_is_the_same_to_the_last_bit_in_a_stack_of_one_and_of_five(tmp_path):
    words = [*SHORT, "network.activation=relu", "optimizer=adamw"]
    (alone_in_it,) = stacked([composed([*words, "seed=3"])], tmp_path / "one")
    among = stacked([composed([*words, f"seed={seed}"]) for seed in range(5)], tmp_path / "five")[3]
    assert metrics(alone_in_it.folder) | {"fit_seconds": 0} == metrics(among.folder) | {"fit_seconds": 0}
    ours, theirs = (checkpoint(each.folder, "last")["state_dict"] for each in (alone_in_it, among))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
