"""The rows that a run has seen and all rows of its file, saved in its folder in case that file changes.

Keys of the rows' inputs decide what may then test the run: a row with the inputs of a training row is its duplicate,
whatever its target or name. Digests of all cells show which rows are new and which have been removed.
"""

from pathlib import Path
from typing import Any

import numpy as np

from src.data.base import InMemoryDataModule
from src.data.digests import DIGEST_BYTES, Digests
from src.data.identity import KEY_BYTES, Keys, unseen
from src.reporting.remarks import remark
from src.storage.files import aside
from src.storage.folders import RunFolder

UNKNOWN = (
    "{name}: the run was saved by a version that kept no digests of its rows, so whether they have changed since "
    "cannot be checked"
)
"""The remark if nothing can be checked, with the `name` of a file or folder."""

_MOST_BYTES = 2**32


def write(folder: Path, data: Any) -> None:
    """Save the keys of training and validation rows of `data` from files in a run's folder, and digests of all rows.

    Keys are six bytes each, digests eight. Keys of rows seen before a resume with other files are kept.
    """
    identity = getattr(data, "identity", None)  # nothing is known about the rows of a user's own data
    seen = None if identity is None else identity.seen
    if seen is None:
        return
    if data.rows_seen is not None:
        seen = np.sort(np.concatenate([seen, data.rows_seen[unseen(data.rows_seen, seen)]]))
    bytes_of_keys = seen.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :KEY_BYTES]
    with aside(RunFolder(folder).rows_seen) as part:
        part.write_bytes(bytes_of_keys.tobytes())
    if data.digests is not None:
        with aside(RunFolder(folder).row_digests) as part:
            part.write_bytes(np.sort(data.digests).astype("<u8").tobytes())


def said(change: str, data: InMemoryDataModule) -> dict[str, Any]:
    """Print a `change` of the data that a run was trained on and how many rows are left out; both are returned."""
    _ = data.splits
    if data.rows_seen is None:
        remark("change", f"{change}, so rows it was trained on may be in any split")
        return {"data_changed": change}
    tested, left_out = len(data.splits.test.y), data.num_left_out
    could = f"of {tested + left_out:,} rows that could test it, the run has seen {left_out:,}, which are left out"
    remark("change", f"{change}; {could}")
    return {"data_changed": change, "rows_left_out": left_out}


def read(folder: Path) -> Keys | None:
    """The keys saved in a run's folder; None if there are none, or the file is not one of keys."""
    content = _content(RunFolder(folder).rows_seen, KEY_BYTES)
    if content is None:
        return None
    found = np.frombuffer(content, dtype=np.uint8)
    keys = np.zeros((len(found) // KEY_BYTES, 8), dtype=np.uint8)
    keys[:, :KEY_BYTES] = found.reshape(-1, KEY_BYTES)
    return np.asarray(keys.view("<u8").astype(np.uint64).ravel())


def read_digests(folder: Path) -> Digests | None:
    """The digests saved in a run's folder; None if there are none, or the file is not one of digests."""
    content = _content(RunFolder(folder).row_digests, DIGEST_BYTES)
    return None if content is None else np.frombuffer(content, dtype="<u8").astype(np.uint64)


def _content(path: Path, size: int) -> bytes | None:
    """The bytes of a file with entries of some `size`; None if it is missing or cannot be such a file."""
    if path.is_symlink() or not path.is_file() or not 0 < path.stat().st_size < _MOST_BYTES:
        return None
    content = path.read_bytes()
    return None if len(content) % size else content
