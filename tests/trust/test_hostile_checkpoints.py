"""Checkpoints that a stranger made: no code in them runs, and they take no more memory than their files have bytes."""

import collections
import os
import pickle
import tracemalloc
import zipfile

import pytest
import torch

from src.errors import ConfigError
from src.runs.opening import open_run
from src.stacking.stack_checkpoint import read
from tests.conftest import compose_train, trained


class Payload:
    """Unpickling makes a folder, as a stranger's code would do worse."""

    def __init__(self, call=os.mkdir, arguments=("was_run",)):
        self.call, self.arguments = call, arguments

    def __reduce__(self):
        return self.call, self.arguments


def changed(**values):
    return lambda checkpoint: {**checkpoint, **values}


def spec(**values):
    return lambda checkpoint: {**checkpoint, "spec": {**checkpoint["spec"], **values}}


def weights(change):
    return lambda checkpoint: {
        **checkpoint,
        "state_dict": {name: change(value) for name, value in checkpoint["state_dict"].items()},
    }


def without(key):
    return lambda checkpoint: {name: value for name, value in checkpoint.items() if name != key}


def endless(checkpoint):
    nested = []
    for _ in range(100):
        nested = [nested]
    return {**checkpoint, "callbacks": {"deep": nested}}


def source(value):
    return lambda checkpoint: {**checkpoint, "XOR": {**checkpoint.get("XOR", {}), "source": value}}


CHANGES = {
    "a source that is a text": source("rows.csv"),
    "a source without counts": source({"digest": "", "mixed": False}),
    "counts that are not numbers": source({"counts": {"rows": "1"}, "digest": "", "mixed": False}),
    "a source that carries code": source(Payload()),
    "code in place of the weights": changed(state_dict=Payload()),
    "code beside them": changed(callbacks={"evil": Payload()}),
    "a module of PyTorch's": changed(callbacks={"evil": torch.nn.Linear(2, 2)}),
    "a counter": changed(callbacks={"evil": collections.Counter("aab")}),
    "a gigabyte of zeros": changed(callbacks={"evil": Payload(bytearray, (2**30,))}),
    "inputs without end": spec(input_shape=(10**9,)),
    "inputs of no size": spec(input_shape=(0,)),
    "a negative size": spec(input_shape=(-2,)),
    "a size that is a text": spec(input_shape=("two",)),
    "another task": spec(task="poetry"),
    "class names without end": spec(class_names=tuple(map(str, range(5_000)))),
    "no dataset": changed(spec=None),
    "an epoch that is a text": changed(epoch="3"),
    "an epoch without end": changed(epoch=10**30),
    "weights that are a list": changed(state_dict=[1, 2]),
    "weights that are numbers": changed(state_dict={"network.0.weight": 1.0}),
    "weights of another shape": weights(lambda value: torch.zeros(3, 3)),
    "weights that claim more than was stored": weights(lambda value: torch.zeros(1).expand(2**31)),
    "weights that are not numbers": weights(lambda value: torch.full_like(value, torch.nan)),
    "weights that are infinite": weights(lambda value: torch.full_like(value, torch.inf)),
    "weights that are whole numbers": weights(lambda value: value.long()),
    "weights that are complex": weights(lambda value: value.to(torch.complex64)),
    "sparse weights": weights(lambda value: value.to_sparse()),
    "no weights": without("state_dict"),
    "a random state of another size": changed(rng_state=torch.zeros(3, dtype=torch.uint8)),
    "a random state that is a part of more": changed(rng_state=torch.zeros(2, 5056, dtype=torch.uint8)[1]),
    "levels without end": endless,
    "a huge number": changed(global_step=10**400),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "run"
    words = ["logger=none", "callbacks.progress_bar=null", "callbacks.figures=null"]
    trained(compose_train(*words, "data.num_train=100", "trainer.max_epochs=1"), folder)
    return folder


@pytest.fixture
def checkpoint(finished, tmp_path, monkeypatch):
    """The path of a run's best checkpoint, for a test to replace; it is put back."""
    monkeypatch.chdir(tmp_path)
    path = finished / "checkpoints" / "best.ckpt"
    content = path.read_bytes()
    yield path
    path.write_bytes(content)


def assert_refused(path, folder):
    tracemalloc.start()
    with pytest.raises(ConfigError, match=r"\A[^\n]+\Z") as refusal:
        open_run(path.parent.parent)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "best.ckpt" in str(refusal.value)
    assert peak < 64 * 2**20
    assert not (folder / "was_run").exists()


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_checkpoint_is_one_line(change, checkpoint, tmp_path):
    torch.save(CHANGES[change](torch.load(checkpoint, weights_only=True)), checkpoint)
    assert_refused(checkpoint, tmp_path)


def test_a_bare_pickle_is_one_line(checkpoint, tmp_path):
    checkpoint.write_bytes(pickle.dumps({"state_dict": Payload(), "spec": {}, "epoch": 1}))
    assert_refused(checkpoint, tmp_path)


def test_a_compressed_checkpoint_is_one_line(checkpoint, tmp_path):
    with zipfile.ZipFile(checkpoint) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(checkpoint, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    assert_refused(checkpoint, tmp_path)


@pytest.mark.parametrize("size", [0, 1, 100, 1000])
def test_a_checkpoint_that_was_cut_off_is_one_line(size, checkpoint, tmp_path):
    checkpoint.write_bytes(checkpoint.read_bytes()[:size])
    assert_refused(checkpoint, tmp_path)


def test_the_unchanged_checkpoint_opens(checkpoint):
    assert open_run(checkpoint.parent.parent).spec.task == "binary"


@pytest.mark.parametrize("evil", [Payload(), Payload(bytearray, (2**30,)), torch.nn.Linear(2, 2)])
def test_a_stack_is_looked_into_before_it_is_loaded(evil, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stack = {"numbers": [0], "fingerprints": ["x"], "more": evil}
    torch.save({"epoch": 1, "stack": stack}, tmp_path / "stack.ckpt")
    tracemalloc.start()
    with pytest.raises(ConfigError, match=r"stack.ckpt: damaged, or not a checkpoint of a sweep"):
        read(tmp_path / "stack.ckpt")
    assert tracemalloc.get_traced_memory()[1] < 64 * 2**20
    tracemalloc.stop()
    assert not (tmp_path / "was_run").exists()
    stack.pop("more")
    torch.save({"epoch": 1, "stack": stack}, tmp_path / "stack.ckpt")
    assert read(tmp_path / "stack.ckpt").numbers == [0]
