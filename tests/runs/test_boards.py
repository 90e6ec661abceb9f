"""What TensorBoard is told of a run, read back from its events."""

import pytest
from sklearn.metrics import precision_score, recall_score
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar.layout_pb2 import Layout
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from tensorboard.util import tensor_util

WORDS = (
    *(
        "experiment=moons",
        "data.num_samples=200",
        "trainer.max_epochs=3",
        "optimizer.lr=0.05",
        "callbacks.figures=null",
    ),
    *("logger=tensorboard", "logger.tensorboard.log_graph=false"),
)


def events_of(board):
    return EventAccumulator(str(board), size_guidance={"tensors": 0, "histograms": 0}).Reload()


def content(events, tag):
    """The tensors of a tag."""
    return [tensor_util.make_ndarray(each.tensor_proto) for each in events.Tensors(tag)]


@pytest.fixture
def run(train):
    return train(*WORDS, "logger.tensorboard.histograms=2")


def test_events_say_what_a_run_is_and_came_to(run):
    events = events_of(run.folder / "tensorboard")
    tags = events.Tags()
    assert {"train/loss", "val/loss", "train/accuracy", "test/accuracy"} <= set(tags["scalars"])
    assert "epoch" not in tags["scalars"]
    assert "lr: 0.05" in content(events, "configuration/text_summary")[0].item().decode()
    (layout,) = content(events, "custom_scalars__config__")
    charts = [(each.title, list(each.chart[0].multiline.tag)) for each in Layout.FromString(layout.item()).category]
    assert charts[:2] == [(name, [f"train/{name}", f"val/{name}"]) for name in ("loss", "accuracy")]
    assert set(tags["histograms"]) == {f"weights/{name}" for name, _ in run.parts.head.named_parameters()}
    first = events.Histograms(tags["histograms"][0])
    assert [each.step for each in first] == [10]  # after the second of three epochs of five steps
    assert first[0].histogram_value.num == next(run.parts.head.parameters()).numel()


def test_precision_and_recall_are_scikit_learns(run):
    events = events_of(run.folder / "tensorboard")
    _, _, _, _, precision, recall = content(events, "test/lower")[0]
    _, p, truth = next(iter(run.tested.questions()))
    for place in (0, 63, 100):
        said = p.numpy() >= place / 126
        assert precision[place] == pytest.approx(precision_score(truth, said, zero_division=1), abs=1e-6)
        assert recall[place] == pytest.approx(recall_score(truth, said), abs=1e-6)


def test_the_table_begins_with_what_the_command_line_set(train, monkeypatch):
    monkeypatch.setattr("src.runs.boards.command_words", lambda _: ["experiment=moons", "optimizer.lr=0.05"])
    run = train(*WORDS)
    written = events_of(run.folder / "tensorboard").PluginTagToContent("hparams")["_hparams_/experiment"]
    settings = HParamsPluginData.FromString(written).experiment.hparam_infos
    assert [each.name for each in settings if each.differs] == ["optimizer.lr"]
    assert len(settings) > 10
