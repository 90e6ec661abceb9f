"""Internals of TensorBoard's writer: several values as one event, a table that shows what differs, its own thread."""

import io
import threading
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

from src.compat.missing import mention


def write_scalars(writer: Any, values: Mapping[str, float], step: int | None, moment: float | None = None) -> None:
    """Write `values` as one event, at a fraction of the cost of the public way, one event each.

    Tested with torch 2.8.0 and 2.15.0, tensorboard 2.19.0 and 2.21.0.

    Args:
        writer: PyTorch's SummaryWriter.
        values: Numbers by their tags.
        step: The place on the x axis.
        moment: When they were known, in seconds since 1970; None for now.
    """
    from tensorboard.compat.proto.summary_pb2 import Summary

    if (files := _file_writer(writer)) is not None:
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=float(value)) for tag, value in values.items()])
        files.add_summary(summary, step, moment)
    else:
        for tag, value in values.items():
            writer.add_scalar(tag, float(value), step, moment)


def write_picture(writer: Any, tag: str, png: bytes, size: tuple[int, int], step: int) -> None:
    """Write an encoded picture unchanged; the public way takes pixels and encodes them again.

    Tested with torch 2.8.0 and 2.15.0, tensorboard 2.19.0 and 2.21.0.

    Args:
        writer: PyTorch's SummaryWriter.
        tag: The picture's name.
        png: The contents of its PNG file.
        size: Width and height in pixels.
        step: The place on the x axis.
    """
    from tensorboard.compat.proto.summary_pb2 import Summary

    if (files := _file_writer(writer)) is not None:
        image = Summary.Image(width=size[0], height=size[1], colorspace=4, encoded_image_string=png)
        files.add_summary(Summary(value=[Summary.Value(tag=tag, image=image)]), step)
    else:
        import numpy as np
        from PIL import Image

        writer.add_image(tag, np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")), step, dataformats="HWC")


def write_table(writer: Any, settings: Mapping[str, Any], names: Iterable[str], first: Collection[str]) -> None:
    """Write a run's row of the HPARAMS tab, which begins with the settings that are marked as differing.

    The public way marks none, and then the tab begins with the first five in alphabetical order.
    Seen with torch 2.8.0 and 2.15.0, tensorboard 2.19.0 and 2.21.0.

    Args:
        writer: PyTorch's SummaryWriter.
        settings: Numbers, booleans and strings by name.
        names: Tags of the scalars next to them.
        first: Names of the settings that differ from run to run.
    """
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
    from torch.utils.tensorboard.summary import hparams

    if (files := _file_writer(writer)) is None:
        return
    summaries = hparams(dict(settings), dict.fromkeys(names, 0.0))
    metadata = summaries[0].value[0].metadata.plugin_data
    data = HParamsPluginData.FromString(metadata.content)
    for setting in data.experiment.hparam_infos:
        setting.differs = setting.name in first
    metadata.content = data.SerializeToString()
    for summary in summaries:
        files.add_summary(summary)


def _file_writer(writer: Any) -> Any:
    files = getattr(writer, "_get_file_writer", lambda: None)()
    if not hasattr(files, "add_summary"):
        mention(__name__.rpartition(".")[2], "_get_file_writer", "values are written one by one, which is slower")
        return None
    return files


@cache
def quiet_writer() -> None:
    """Let the thread that writes events die silently: its error is raised when the next event is logged.

    It is recognised by its class, which has no public name; if that changes, its traceback is printed as well.
    Tested with tensorboard 2.19.0 and 2.21.0.
    """
    others = threading.excepthook

    def hook(args: threading.ExceptHookArgs) -> None:
        if type(args.thread).__name__ != "_AsyncWriterThread":
            others(args)

    threading.excepthook = hook
