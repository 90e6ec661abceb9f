"""What a file or a folder was when a run read it, so that a later command can tell that it has changed."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

MOST_BYTES = 2**28
"""Bytes of a file that are looked at; of a longer one its beginning and its end, half as many each."""

_PART = 2**20


class Source(NamedTuple):
    """The files that rows came from: enough to see a change, and to say what changed.

    Attributes:
        counts: How much of what there is, such as rows, columns and bytes.
        digest: Of the content, or of the files' names and sizes.
        mixed: A run was trained on these files after it had been trained on others.
        name: Of the file or folder; not kept.
        content: Digest of the files' bytes, where `digest` is of their names; empty where an earlier version kept none.

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

    @classmethod
    def of_file(cls, path: Path, **counts: int) -> Self:
        """The file at `path`, by its content, with the `counts` of what it holds."""
        size = path.stat().st_size
        digest = hashlib.sha256()
        with path.open("rb") as file:
            _add(digest, file, min(size, MOST_BYTES // 2 if size > MOST_BYTES else size))
            if size > MOST_BYTES:
                file.seek(size - MOST_BYTES // 2)
                _add(digest, file, MOST_BYTES // 2)
        return cls({**counts, "bytes": size}, digest.hexdigest()[:32], name=str(path))

    @classmethod
    def of_files(cls, folder: Path, paths: Iterable[Path], kind: str = "files", keys: bytes = b"") -> Self:
        """The files at `paths` in a `folder` by names, sizes and the `keys` of them all; `kind` is what they are."""
        facts = sorted((path.relative_to(folder).as_posix(), path.stat().st_size) for path in paths)
        digest = hashlib.sha256(repr(facts).encode(errors="surrogateescape")).hexdigest()[:32]
        counts = {kind: len(facts), "bytes": sum(size for _, size in facts)}
        return cls(counts, digest, name=str(folder), content=hashlib.sha256(keys).hexdigest()[:32])

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Self:
        """What `state` has kept."""
        content = str(state.get("content", ""))
        return cls(dict(state["counts"]), str(state["digest"]), bool(state["mixed"]), content=content)

    def state(self) -> dict[str, Any]:
        """Plain values, for a checkpoint."""
        kept = {"counts": dict(self.counts), "digest": self.digest, "mixed": self.mixed}
        return kept | ({"content": self.content} if self.content else {})

    def difference(self, now: "Source") -> str | None:
        """What has changed `now`, in a few words; None where nothing has."""
        if self.digest == now.digest and (self.content == now.content or not self.content):
            return None
        changed = [
            f"{what} {self.counts[what]:,} → {count:,}"
            for what, count in now.counts.items()
            if what in self.counts and self.counts[what] != count
        ]
        return ", ".join(changed) or "other content of the same size"


def _add(digest: Any, file: Any, size: int) -> None:
    while size > 0 and (part := file.read(min(size, _PART))):
        digest.update(part)
        size -= len(part)
