"""The state of a file or a folder when a run read it, so that a later command notices changes."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

MOST_BYTES = 2**28
"""Bytes of a file that earlier versions read; of a longer file, half of them at each end."""

_PART = 2**20


class Source(NamedTuple):
    """The files that rows came from: enough to notice a change and to say what changed.

    Attributes:
        counts: Numbers of rows, columns, bytes and so on.
        digest: Digest of the content, or of the files' names and sizes.
        mixed: Whether a run was trained on these files after it had been trained on others.
        name: Name of the file or folder; not saved.
        content: Digest of the files' bytes, if `digest` is of their names; empty if an earlier version saved none.
        whole: Whether all bytes were read, however long the files are.

    Example:
        >>> then = Source({"rows": 500, "bytes": 9}, "a")
        >>> then.difference(Source({"rows": 501, "bytes": 9}, "b"))
        'rows 500 → 501'
        >>> then.difference(Source({"rows": 500, "bytes": 9}, "c"))
        'other content of the same size'
    """

    counts: dict[str, int]
    digest: str
    mixed: bool = False
    name: str = ""
    content: str = ""
    whole: bool = True

    @classmethod
    def of_file(cls, path: Path, whole: bool = True) -> Self:
        """The file at `path` by its `whole` content, or by as much of it as earlier versions read."""
        size = path.stat().st_size
        digest = hashlib.sha256()
        with path.open("rb") as file:
            if whole or size <= MOST_BYTES:
                _add(digest, file, size)
            else:
                _add(digest, file, MOST_BYTES // 2)
                file.seek(size - MOST_BYTES // 2)
                _add(digest, file, MOST_BYTES // 2)
        return cls({"bytes": size}, digest.hexdigest()[:32], name=str(path), whole=whole)

    @classmethod
    def of_files(cls, folder: Path, paths: Iterable[Path], kind: str, contents: bytes, whole: bool = True) -> Self:
        """The files at `paths` in a `folder`, by their names, sizes and contents.

        Args:
            folder: Their folder.
            paths: Paths of all files.
            kind: What the files are.
            contents: Their concatenated digests.
            whole: Whether the digests cover all bytes.
        """
        facts = sorted((path.relative_to(folder).as_posix(), path.stat().st_size) for path in paths)
        digest = hashlib.sha256(repr(facts).encode(errors="surrogateescape")).hexdigest()[:32]
        counts = {kind: len(facts), "bytes": sum(size for _, size in facts)}
        return cls(counts, digest, name=str(folder), content=hashlib.sha256(contents).hexdigest()[:32], whole=whole)

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Self:
        """The source saved in `state`."""
        content, whole = str(state.get("content", "")), bool(state.get("whole", False))
        return cls(dict(state["counts"]), str(state["digest"]), bool(state["mixed"]), content=content, whole=whole)

    def state(self) -> dict[str, Any]:
        """Plain values, for a checkpoint."""
        kept = {"counts": dict(self.counts), "digest": self.digest, "mixed": self.mixed}
        return kept | ({"content": self.content} if self.content else {}) | ({"whole": True} if self.whole else {})

    def difference(self, now: "Source", rows: str | None = None) -> str | None:
        """What has changed `now`, in a few words, including what is known about its `rows`; None if nothing has."""
        if self.digest == now.digest and (self.content == now.content or not self.content):
            return None
        changed = [
            f"{what} {self.counts[what]:,} → {count:,}"
            for what, count in now.counts.items()
            if what in self.counts and self.counts[what] != count
        ]
        return "; ".join(filter(None, [", ".join(changed), rows])) or "other content of the same size"


def _add(digest: Any, file: Any, size: int) -> None:
    while size > 0 and (part := file.read(min(size, _PART))):
        digest.update(part)
        size -= len(part)
