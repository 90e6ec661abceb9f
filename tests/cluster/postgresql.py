"""A PostgreSQL server on a Unix socket, for as long as a test needs it, with its data in a temporary folder."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _tools() -> Path:
    """The folder of the newest server's programs; Debian keeps them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("missing: postgresql")
    return found[-1].parent


@contextmanager
def running() -> Iterator[str]:
    """A server whose only database the block gets as SQLAlchemy names it; it refuses to run as root."""
    tools, folder = _tools(), Path(tempfile.mkdtemp(prefix="pg"))  # a socket's path is short
    more = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    try:
        if more:
            shutil.chown(folder, "postgres", "postgres")

        def call(*words: str) -> None:
            subprocess.run([str(tools / words[0]), *words[1:]], check=True, capture_output=True, cwd=folder, **more)

        data = str(folder / "data")
        call("initdb", "--pgdata", data, "--auth=trust", "--username=postgres", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        call("pg_ctl", "--pgdata", data, "--wait", "--log", str(folder / "log"), "--options", options, "start")
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            call("pg_ctl", "--pgdata", data, "--mode=immediate", "stop")
    finally:
        shutil.rmtree(folder)
