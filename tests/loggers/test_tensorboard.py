"""What the TensorBoardLogger writes and when: an epoch's values once per second, with the time at which it ended."""

import time

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from src.loggers import tensorboard
from src.loggers.tensorboard import TensorBoardLogger


@pytest.fixture
def written(monkeypatch):
    """The steps given to PyTorch's writer so far."""
    steps, write = [], tensorboard.write_scalars

    def counted(writer, values, step, moment):
        steps.append(step)
        write(writer, values, step, moment)

    monkeypatch.setattr(tensorboard, "write_scalars", counted)
    return steps


def read(folder):
    return EventAccumulator(str(folder / "tensorboard")).Reload().Scalars("train/loss")


def test_values_are_given_to_the_writer_once_per_pause(tmp_path, written):
    logger = TensorBoardLogger(tmp_path)
    for step in range(3):
        logger.log_metrics({"train/loss": 0.5, "epoch": step}, step)
    assert written == []
    logger._throttle.seconds = 0
    logger.log_metrics({"train/loss": 0.5, "epoch": 3}, 3)
    assert written == [0, 1, 2, 3]
    logger.finalize("success")


@pytest.mark.parametrize("end", [lambda logger: logger.finalize("failed"), lambda logger: logger.experiment.close()])
def test_nothing_is_lost_at_the_end(tmp_path, written, end):
    logger = TensorBoardLogger(tmp_path)
    began = time.time()
    for step in range(2):
        logger.log_metrics({"train/loss": step / 4}, step)
        time.sleep(0.02)
    ended = time.time()
    end(logger)
    events = read(tmp_path)
    assert [(each.step, each.value) for each in events] == [(0, 0.0), (1, 0.25)]
    assert began <= events[0].wall_time <= events[1].wall_time - 0.02 < ended
    assert written == [0, 1]


def test_what_is_written_otherwise_comes_after_the_values_before_it(tmp_path, written):
    logger = TensorBoardLogger(tmp_path)
    logger.log_metrics({"train/loss": 0.5}, 7)
    logger.log_text("remark", "text")
    assert written == [7]
    logger.finalize("success")
