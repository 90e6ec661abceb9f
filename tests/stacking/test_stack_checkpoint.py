"""An interrupted stack continues from its checkpoint as if nothing had happened."""

import signal

import pytest
import torch

from src import interrupts
from src.errors import ConfigError, InterruptedRunError
from src.stacking.module import StackModule
from src.stacking.stack import Stack
from src.stacking.stack_checkpoint import Place, StackCheckpoint, read

from .conftest import checkpoint, composed, curves, filled, finish, metrics, stacked

SHORT = ["data.num_train=200", "data.num_val=60", "data.num_test=60", "data.batch_size=32", "trainer.max_epochs=9"]
STEEP = ["network.hidden_dims=[8,8,8,8,8,8]", "network.activation=identity"]  # where a step of 1e6 diverges
SEEDS = [["seed=0"], ["seed=1"], ["seed=7"]]
CASES = {
    "momentum": (SHORT, [["optimizer.momentum=0.9"], ["optimizer.momentum=0", "seed=1"]]),
    "adam": ([*SHORT, "optimizer=adam"], [["optimizer.lr=0.01"], ["seed=1"], ["optimizer.betas=[0.5,0.9]"]]),
    "early stopping": (
        [*SHORT, "data.noise=0.4", "optimizer=adam", "trainer.max_epochs=15", "callbacks.early_stopping.patience=2"],
        [[f"optimizer.lr={lr}", f"seed={seed}"] for lr, seed in ((0.2, 0), (0.02, 1), (0.1, 2), (0.05, 3))],
    ),
    "plateau": (
        [*SHORT, "scheduler=plateau", "scheduler.patience=1", "data.noise=0.5", "optimizer=adam"],
        [["optimizer.lr=0.3"], ["optimizer.lr=0.1", "seed=1"], ["optimizer.lr=0.03"]],
    ),
    "cosine by step": (
        [*SHORT, "scheduler=cosine", "scheduler.interval=step", "scheduler.T_max=40"],
        [["optimizer.lr=0.3"], ["optimizer.lr=0.1", "seed=1"], ["optimizer.lr=0.3", "seed=2"]],
    ),
    "one cycle": (
        [*SHORT, "scheduler=onecycle", "data.noise=0.4", "callbacks.early_stopping.patience=2"],
        [["optimizer.lr=0.3"], ["optimizer.lr=0.1", "seed=1"], ["optimizer.momentum=0.9", "seed=2"]],
    ),
    "seldom validated": ([*SHORT, "trainer.check_val_every_n_epoch=4", "scheduler=step"], SEEDS),
    "several blocks": ([*SHORT, "data.steps_per_execution=3", "optimizer=adam"], SEEDS),
    "regression": (["experiment=line", "trainer.max_epochs=9"], SEEDS),
    "folds of two sizes and dropout": (
        ["experiment=iris", "trainer.max_epochs=9", "data.folds=4", "callbacks.early_stopping.patience=3"],
        [["data.fold=0", "optimizer.lr=0.1"], ["data.fold=3", "seed=1"], ["data.fold=1", "optimizer.lr=0.3"]],
    ),
    "batch norm": (
        [*SHORT, "network.batch_norm=true", "optimizer=adam", "data.noise=0.4", "callbacks.early_stopping.patience=2"],
        [["optimizer.lr=0.2"], ["optimizer.lr=0.02", "seed=1"], ["optimizer.lr=0.05", "seed=2"]],
    ),
    "convolutions of shifted images": (
        ["experiment=digits_cnn", "network.dims=[4]", "data.classes=[3,4,7]", "trainer.max_epochs=6"],
        [["seed=0"], ["seed=1", "optimizer.lr=0.002"]],
    ),
    "several architectures": (
        [*SHORT, "optimizer=adam", "network.dropout=0.2"],
        [["network.hidden_dims=[3]"], ["network.hidden_dims=[6]", "seed=1"],
         ["network.hidden_dims=[4,5]", "network.activation=sigmoid"]],
    ),
    "one diverges": ([*SHORT, *STEEP], [["seed=0"], ["optimizer.lr=1e6"], ["seed=2"]]),
}  # fmt: skip


class KilledError(Exception):
    """Stands for kill -9: nothing more is written."""


def killed(*_):
    raise KilledError


@pytest.fixture
def broken_off(monkeypatch):
    """Train a stack until an epoch (from 1) begins: `broken_off(stack, epoch, error)`."""

    def run(stack, epoch, error=KilledError):
        def begin(module):
            if module.current_epoch + 1 == epoch:
                raise error

        with monkeypatch.context() as patch:
            patch.setattr(StackModule, "on_train_epoch_start", begin, raising=False)
            if error is KilledError:
                patch.setattr(StackCheckpoint, "on_exception", lambda *_: None)
            finish(stack)

    return run


def assert_same_folder(ours, theirs):
    assert (ours / "metrics.csv").read_bytes() == (theirs / "metrics.csv").read_bytes()
    assert (ours / "metrics.json").exists() == (theirs / "metrics.json").exists()
    for name in ("best", "last"):
        assert (ours / "checkpoints" / f"{name}.ckpt").exists() == (theirs / "checkpoints" / f"{name}.ckpt").exists()
    if (theirs / "metrics.json").exists():
        assert metrics(ours) | {"fit_seconds": 0} == metrics(theirs) | {"fit_seconds": 0}
        for name in ("best", "last"):
            one, other = checkpoint(ours, name), checkpoint(theirs, name)
            for part in (
                "state_dict",
                "optimizer_states",
                "lr_schedulers",
                "loops",
                "epoch",
                "global_step",
                "rng_state",
            ):
                assert_equal(one[part], other[part])


def assert_equal(one, other):
    if isinstance(other, torch.Tensor):
        assert torch.equal(one, other)
    elif isinstance(other, dict):
        assert one.keys() == other.keys()
        for key, value in other.items():
            assert_equal(one[key], value)
    elif isinstance(other, list | tuple):
        assert len(one) == len(other)
        for each, value in zip(one, other, strict=True):
            assert_equal(each, value)
    else:
        assert one == other


@pytest.mark.parametrize("case", CASES)
def test_a_killed_stack_goes_on_bit_for_bit(case, broken_off, tmp_path):
    common, each = CASES[case]
    cfgs = [composed([*common, *more]) for more in each]
    whole = stacked(cfgs, tmp_path / "whole")
    place = Place(tmp_path / "stack.ckpt", 0.0)
    members, factory = filled(cfgs, tmp_path / "parts")
    with pytest.raises(KilledError):
        broken_off(Stack(members, factory, place=place), epoch=4)
    assert not list(tmp_path.glob("parts/*/checkpoints"))
    members, factory = filled(cfgs, tmp_path / "parts")
    saved = read(place.path)
    assert saved.epoch == 3
    finish(Stack(members, factory, place=place, saved=saved))
    assert not place.path.exists()
    for ours, theirs in zip(members, whole, strict=True):
        assert str(ours.error) == str(theirs.error)
        assert_same_folder(ours.folder, theirs.folder)


def test_what_a_stack_of_an_earlier_version_wrote_is_read(broken_off, tmp_path):
    cfgs = [composed([*SHORT, *seed]) for seed in SEEDS]
    place = Place(tmp_path / "stack.ckpt", 0.0)
    members, factory = filled(cfgs, tmp_path / "parts")
    with pytest.raises(KilledError):
        broken_off(Stack(members, factory, place=place), epoch=4)
    expected = read(place.path).state
    history = expected["stack"]["history"]
    for tensors in (expected["stack"]["tensors"], history["best"]["tensors"], history["last"]["tensors"]):
        tensors.get("tied", torch.empty(0)).fill_(torch.inf)  # was only kept where it decides
    old = torch.load(place.path, weights_only=True)
    ledger = old["stack"]["ledger"] = old["stack"].pop("history")
    for tensors in (old["stack"]["tensors"], ledger["best"]["tensors"], ledger["last"]["tensors"]):
        if tensors:
            tensors["values"] = tensors.pop("params")
            tensors["seen"] = torch.ones(len(tensors["best"]), dtype=torch.bool)
            del tensors["tied"], tensors["stop_reason"]
    torch.save(old, place.path)
    assert_equal(read(place.path).state, expected)


def test_an_interrupted_stack_goes_on_too_and_may_be_interrupted_again(broken_off, tmp_path):
    cfgs = [composed([*SHORT, "optimizer=adam", *seed]) for seed in SEEDS]
    whole = stacked(cfgs, tmp_path / "whole")
    place = Place(tmp_path / "stack.ckpt", 3600.0)  # written at the end alone, whichever it is
    saved = None
    for epoch in (3, 6):
        members, factory = filled(cfgs, tmp_path / "parts")
        with pytest.raises(InterruptedRunError, match=f"interrupted in epoch {epoch}"):
            broken_off(Stack(members, factory, place=place, saved=saved), epoch, KeyboardInterrupt)
        saved = read(place.path)
        assert saved.epoch == epoch - 1
        assert checkpoint(members[0].folder, "last")["epoch"] + 2 == epoch
        assert len(curves(members[0].folder)) == epoch - 1
    members, factory = filled(cfgs, tmp_path / "parts")
    finish(Stack(members, factory, place=place, saved=saved))
    for ours, theirs in zip(members, whole, strict=True):
        assert_same_folder(ours.folder, theirs.folder)


def test_folders_that_were_not_written_yet_are_written_without_training_again(tmp_path, monkeypatch):
    cfgs = [composed([*SHORT, *seed]) for seed in SEEDS]
    whole = stacked(cfgs, tmp_path / "whole")
    place = Place(tmp_path / "stack.ckpt", 3600.0)
    members, factory = filled(cfgs, tmp_path / "parts")
    with monkeypatch.context() as patch:
        patch.setattr(Stack, "_write", killed)
        with pytest.raises(KilledError):
            finish(Stack(members, factory, place=place))
    members, factory = filled(cfgs, tmp_path / "parts")
    members[1].finished = True
    stack = Stack(members, factory, place=place, saved=read(place.path))
    assert stack.module.num_runs == 0
    finish(stack)
    assert not (members[1].folder / "metrics.csv").exists()
    for number in (0, 2):
        assert_same_folder(members[number].folder, whole[number].folder)


def test_a_member_that_finished_elsewhere_does_not_train_on(broken_off, tmp_path):
    cfgs = [composed([*SHORT, *seed]) for seed in SEEDS]
    whole = stacked(cfgs, tmp_path / "whole")
    place = Place(tmp_path / "stack.ckpt", 0.0)
    members, factory = filled(cfgs, tmp_path / "parts")
    with pytest.raises(KilledError):
        broken_off(Stack(members, factory, place=place), epoch=4)
    members, factory = filled(cfgs, tmp_path / "parts")
    members[0].finished = True
    stack = Stack(members, factory, place=place, saved=read(place.path))
    assert stack.module.num_runs == 2
    finish(stack)
    assert not (members[0].folder / "metrics.json").exists()
    for number in (1, 2):
        assert_same_folder(members[number].folder, whole[number].folder)


@pytest.mark.parametrize("change", ["optimizer.lr=0.2", "data.noise=0.3", "network.hidden_dims=[5]"])
def test_the_checkpoint_of_other_runs_is_refused(change, broken_off, tmp_path):
    place = Place(tmp_path / "stack.ckpt", 0.0)
    members, factory = filled([composed([*SHORT, *seed]) for seed in SEEDS], tmp_path)
    with pytest.raises(KilledError):
        broken_off(Stack(members, factory, place=place), epoch=2)
    saved = read(place.path)
    members, factory = filled([composed([*SHORT, *seed, change]) for seed in SEEDS], tmp_path)
    with pytest.raises(ConfigError, match=r"stack.ckpt: run #0 has different settings, rows or initial weights now"):
        Stack(members, factory, place=place, saved=saved)
    members, factory = filled([composed([*SHORT, *seed, f"runs_dir={tmp_path}"]) for seed in SEEDS], tmp_path)
    assert Stack(members, factory, place=place, saved=saved).module.num_runs == 3  # moved, and still the same


@pytest.mark.parametrize(
    "damage",
    [
        lambda stack: stack["tensors"].pop("params"),
        lambda stack: stack["tensors"].update(values=torch.zeros(1).expand(3, 10**12)),
        lambda stack: stack["history"]["last"]["epoch"].append(3),
        lambda stack: stack["history"].update(epochs=[(1, 7, 3, 99)]),
        lambda stack: stack.update(runs=torch.tensor([0, 1, 99])),
        lambda stack: stack.update(schedulers=None),
    ],
)
def test_a_checkpoint_of_other_shapes_is_refused(damage, broken_off, tmp_path):
    cfgs = [composed([*SHORT, *seed]) for seed in SEEDS]
    place = Place(tmp_path / "stack.ckpt", 0.0)
    members, factory = filled(cfgs, tmp_path)
    with pytest.raises(KilledError):
        broken_off(Stack(members, factory, place=place), epoch=2)
    state = torch.load(place.path, weights_only=True)
    damage(state["stack"])
    torch.save(state, place.path)
    members, factory = filled(cfgs, tmp_path)
    with pytest.raises(ConfigError, match=r"stack.ckpt: damaged"):
        Stack(members, factory, place=place, saved=read(place.path))


def test_a_file_that_is_no_checkpoint_or_carries_code_is_refused(tmp_path):
    path = tmp_path / "stack.ckpt"
    path.write_text("nothing")
    with pytest.raises(ConfigError, match=r"stack.ckpt: damaged, or not a checkpoint of a sweep"):
        read(path)
    torch.save({"stack": print}, path)
    with pytest.raises(ConfigError, match=r"stack.ckpt: damaged, or not a checkpoint of a sweep"):
        read(path)


def test_an_interrupt_at_the_end_of_an_epoch_waits_until_it_is_complete(tmp_path, monkeypatch):
    """Its curves and its state are from the same epoch, which is not trained again."""
    cfgs = [composed([*SHORT, f"seed={seed}"]) for seed in (0, 1)]
    whole = stacked(cfgs, tmp_path / "whole")
    write_down = StackModule._write_down

    def interrupted(module, epoch, *more):
        write_down(module, epoch, *more)
        if epoch == 4:
            signal.raise_signal(signal.SIGTERM)

    place = Place(tmp_path / "stack.ckpt", 1000.0)  # written by the interrupt only
    known = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    members, factory = filled(cfgs, tmp_path / "parts")
    interrupts.answer(str)
    try:
        monkeypatch.setattr(StackModule, "_write_down", interrupted)
        with pytest.raises(InterruptedRunError):
            finish(Stack(members, factory, place=place))
    finally:
        for number, handler in known.items():
            signal.signal(number, handler)
    monkeypatch.undo()
    saved = read(place.path)
    assert [len(curves(member.folder)) for member in members] == [4, 4]
    members, factory = filled(cfgs, tmp_path / "parts")
    finish(Stack(members, factory, place=place, saved=saved))
    for one, other in zip(members, whole, strict=True):
        assert curves(one.folder) == curves(other.folder)
