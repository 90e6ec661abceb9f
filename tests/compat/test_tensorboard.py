"""Contracts with TensorBoard: what is written as one event is read as many values."""

import io
import threading

from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from torch.utils.tensorboard import SummaryWriter

from src.compat import tensorboard
from src.compat.tensorboard import quiet_writer, write_picture, write_scalars
from src.reporting import remarks
from tests.compat.contracts import contract


def written(folder):
    """What a writer in a folder has written: scalars and pictures by tag."""
    writer = SummaryWriter(folder)
    write_scalars(writer, {"a": 1.5, "b/c": -2.0}, 3)
    picture = io.BytesIO()
    Image.new("RGBA", (4, 2), (255, 0, 0, 255)).save(picture, "png")
    write_picture(writer, "p", picture.getvalue(), (4, 2), 5)
    writer.close()
    events = EventAccumulator(str(folder)).Reload()
    tags = events.Tags()
    scalars = {tag: [(each.step, each.value) for each in events.Scalars(tag)] for tag in tags["scalars"]}
    (image,) = events.Images("p")
    pixels = Image.open(io.BytesIO(image.encoded_image_string)).convert("RGBA")
    return scalars, (image.step, image.width, image.height, pixels.tobytes())


EXPECTED = {"a": [(3, 1.5)], "b/c": [(3, -2.0)]}, (5, 4, 2, bytes((255, 0, 0, 255)) * 8)


def test_values_and_pictures_are_read_as_they_were_written(tmp_path, caplog):
    with contract(write_scalars, "torch", "tensorboard"):
        assert written(tmp_path) == EXPECTED
        assert "one by one" not in caplog.text


def test_without_the_writer_of_files_the_public_way_writes_the_same(tmp_path, monkeypatch, caplog):
    remarks.forget()
    monkeypatch.setattr(tensorboard, "_file_writer", lambda writer: None)
    assert written(tmp_path) == EXPECTED


def test_where_the_writer_of_files_is_gone_a_line_says_so(caplog):
    remarks.forget()
    assert tensorboard._file_writer(object()) is None
    assert "values are written one by one, which is slower" in caplog.text


def test_the_thread_that_writes_dies_silently(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(threading, "excepthook", seen.append)
    quiet_writer.__wrapped__()
    with contract(quiet_writer, "tensorboard"):
        writer = EventFileWriter(str(tmp_path))
        thread = writer._async_writer._worker
        threading.excepthook(threading.ExceptHookArgs((OSError, OSError(), None, thread)))
        writer.close()
        assert seen == []
    other = threading.ExceptHookArgs((OSError, OSError(), None, threading.current_thread()))
    threading.excepthook(other)
    assert seen == [other]
