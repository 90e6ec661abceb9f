"""The process behind a page of a finished run on images: it turns drawings into pictures and says what they are."""

import base64
import binascii
import json
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import torch

from src.data.image.drawing import SIDE, Pixels, made, unmoved
from src.errors import ConfigError
from src.play.picture_run import PictureRun
from src.plots.look import look
from src.replay.encoding import encoded
from src.storage.folders import RunFolder
from src.storage.values import as_json, known_json

_SHOWN = 48  # mistakes at once
_MOST_LETTERS = 4 * -(-(SIDE**2) // 3)  # of a drawing in base 64


class Pictures:
    """Answers a page until its connection is closed.

    Args:
        connection: Receives messages from the page and sends what it shows; all messages are JSON.
        run: The run.
    """

    def __init__(self, connection: Connection, run: PictureRun) -> None:
        self._connection, self._of = connection, run
        self._answers: dict[str, Callable[[dict[str, Any]], None]] = {
            "show": lambda _: self._show(),
            "draw": self._draw,
            "row": self._row,
            "cell": self._cell,
        }

    def run(self) -> None:
        """Answer the page; the test pictures are predicted when it asks nothing."""
        for _ in self._of.judging():
            while self._connection.poll(0):
                self._answer()
        self._send_matrix()
        while True:
            self._answer()

    def _answer(self) -> None:
        message = json.loads(self._connection.recv_bytes())
        answer = self._answers.get(str(message.get("do")))
        if answer is None:  # the page of a training sends more
            return
        try:
            answer(message)
        except ConfigError as error:
            self._send({"type": "refused", "line": str(error), "heard": message.get("number")})

    def _show(self) -> None:
        opened = self._of.opened
        scores = known_json(RunFolder(opened.folder).metrics)
        self._send(
            {
                "type": "pictures",
                "title": opened.datamodule.title,
                "run": opened.folder.name,
                "parameters": sum(each.numel() for each in opened.head.network.parameters()),
                "accuracy": scores.get("test/accuracy"),
                "temperature": opened.head.temperature,
                "classes": list(opened.spec.class_names),
                "look": look(opened.spec.num_classes),
                "way": self._of.way,
                "drawing": SIDE,
                "side": self._of.side,
                "channels": self._of.channels,
            }
        )
        if self._of.done:
            self._send_matrix()

    def _send_matrix(self) -> None:
        self._send({"type": "matrix", "counts": self._of.counts})

    def _draw(self, message: dict[str, Any]) -> None:
        if self._of.way is None:
            raise ConfigError("drawing: works for runs on digits, MNIST and Fashion-MNIST; choose a test picture")
        drawing, is_moved = _drawing(message.get("pixels")), message.get("moved") is not False
        found = made(drawing, self._of.way)
        answer: dict[str, Any] = {"type": "drawn", "heard": message.get("number"), "moved": is_moved, "picture": None}
        if found is not None:
            picture = found.picture if is_moved else unmoved(drawing, self._of.way)
            answer |= {"picture": encoded(picture), "box": found.box, "size": found.size, **self._of.answer(picture)}
        self._send(answer)

    def _row(self, message: dict[str, Any]) -> None:
        row = _whole("row", message.get("row"), len(self._of.truth))
        picture = self._of.picture(row)
        truth = self._of.opened.spec.class_names[int(self._of.truth[row])]
        told = {"row": row, "name": self._of.name(row), "truth": truth, "picture": encoded(picture)}
        self._send({"type": "row", "heard": message.get("number"), **told, **self._of.answer(picture)})

    def _cell(self, message: dict[str, Any]) -> None:
        size = self._of.opened.spec.num_classes
        truth, predicted = (_whole(key, message.get(key), size) for key in ("truth", "predicted"))
        inside = self._of.cell(truth, predicted) if self._of.done else torch.empty(0, dtype=torch.long)
        start = _whole("start", message.get("start"), len(inside) + 1)
        places = inside[start : start + _SHOWN]
        rows = self._of.rows[places]
        thumbnails = self._of.thumbnails(rows) if len(rows) else torch.empty(0, 1, 1, 1, dtype=torch.uint8)
        told = [
            {"row": row, "name": self._of.name(row), "probability": probability}
            for row, probability in zip(rows.tolist(), self._of.surest[places].tolist(), strict=True)
        ]
        cell = {"truth": truth, "predicted": predicted, "start": start, "all": len(inside)}
        cell["of"] = int((self._of.truth[self._of.rows] == truth).sum())
        self._send({"type": "cell", **cell, "rows": told, "side": thumbnails.shape[-1], "pixels": encoded(thumbnails)})

    def _send(self, message: dict[str, Any]) -> None:
        self._connection.send_bytes(as_json(message, indent=None).encode())


def _drawing(pixels: Any) -> Pixels:
    """The drawing uint8 [SIDE, SIDE] that a page sends in base 64; anything else is refused."""
    try:
        if isinstance(pixels, str) and len(pixels) <= _MOST_LETTERS:
            found = np.frombuffer(base64.b64decode(pixels, validate=True), dtype=np.uint8)
            if len(found) == SIDE**2:
                return found.reshape(SIDE, SIDE)
    except (binascii.Error, ValueError):
        pass
    raise ConfigError(f"drawing: should be {SIDE} × {SIDE} bytes in base 64; draw again")


def _whole(name: str, value: Any, below: int) -> int:
    """A whole number from 0 to `below` - 1 that a page sends; anything else is refused."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < below:
        raise ConfigError(f"{name}: should be a whole number from 0 to {below - 1} (got {str(value)[:20]!r})")
    return value
