"""Saving tensors atomically."""

import io
from pathlib import Path
from typing import Any

import torch

from src.storage.files import aside


def save(state: Any, path: Path, durable: bool = False) -> None:
    """Write nested containers of tensors to a file, as `torch.save` does.

    They are serialized in memory first: PyTorch's own error for a full disk names neither the cause nor the file.

    Args:
        state: The containers to write.
        path: The file, which is replaced.
        durable: As for `aside`.

    Raises:
        OSError: Nothing can be written there.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    with aside(path, durable=durable) as part:
        part.write_bytes(buffer.getbuffer())
