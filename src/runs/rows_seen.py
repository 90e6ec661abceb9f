"""The rows that a run has seen, kept in its folder: of a file that changes, only the others may test it."""

from pathlib import Path
from typing import Any

import numpy as np

from src.data.base import InMemoryDataModule
from src.data.identity import KEY_BYTES, Keys, unseen
from src.reporting.remarks import remark
from src.storage.files import aside
from src.storage.folders import RunFolder

UNKNOWN = (
    "{name}: the run was saved by a version that kept no digests of its rows, so whether they have changed since "
    "cannot be checked"
)
"""Said where nothing can be checked, with the `name` of a file or folder."""

_MOST_BYTES = 2**32


def write(folder: Path, data: Any) -> None:
    """Keep the keys of the training and validation rows in a run's folder, where its `data` are files: six bytes each.

    Those that it had seen before it was resumed with other files stay.
    """
    identity = getattr(data, "identity", None)  # of data of one's own, nobody else knows the rows
    seen = None if identity is None else identity.seen
    if seen is None:
        return
    if data.rows_seen is not None:
        seen = np.sort(np.concatenate([seen, data.rows_seen[unseen(data.rows_seen, seen)]]))
    bytes_of_keys = seen.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :KEY_BYTES]
    with aside(RunFolder(folder).rows_seen) as part:
        part.write_bytes(bytes_of_keys.tobytes())


def said(change: str, data: InMemoryDataModule) -> dict[str, Any]:
    """Say a `change` of the data that a run was trained on, and how many rows are not tested; the same for metrics."""
    _ = data.splits
    if data.rows_seen is None:
        remark("change", f"{change}, so that rows it was trained on may be among those of any split")
        return {"data_changed": change}
    tested, left_out = len(data.splits.test.y), data.num_left_out
    could = f"of {tested + left_out:,} rows that could test it, the run has seen {left_out:,}, which are left out"
    remark("change", f"{change}; {could}")
    return {"data_changed": change, "rows_left_out": left_out}


def read(folder: Path) -> Keys | None:
    """The keys that a run's folder keeps; None where it keeps none, or what cannot be keys."""
    path = RunFolder(folder).rows_seen
    if path.is_symlink() or not path.is_file() or not 0 < path.stat().st_size < _MOST_BYTES:
        return None
    found = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    if len(found) % KEY_BYTES:
        return None
    keys = np.zeros((len(found) // KEY_BYTES, 8), dtype=np.uint8)
    keys[:, :KEY_BYTES] = found.reshape(-1, KEY_BYTES)
    return np.asarray(keys.view("<u8").astype(np.uint64).ravel())
