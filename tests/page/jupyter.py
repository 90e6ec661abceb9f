"""A JupyterLab server as hubs have it, below an address of each user's own, and its notebooks."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.page.live_server import children

_PATIENCE = 120.0  # seconds, on a busy machine


class Jupyter:
    """A running server.

    Attributes:
        folder: Its notebooks.
        base: The address below which everything is.
        token: The password.
        process: Its process.
    """

    def __init__(self, folder: Path, base: str, token: str, process: "subprocess.Popen[bytes]") -> None:
        self.folder, self.base, self.token, self.process = folder, base, token, process

    @property
    def workers(self) -> set[int]:
        """The processes that train for the pages of its kernels, and those that are prepared."""
        kernels = children(self.process.pid)
        return {pid for kernel in kernels for parent in children(kernel) for pid in children(parent)}

    def ask(self, path: str, method: str = "GET") -> Any:
        """What its interface for programs answers."""
        asked = urllib.request.Request(
            self.base + path, method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(asked, timeout=_PATIENCE) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def notebook(self, name: str, *cells: str) -> str:
        """Write a notebook with these cells; returns its address."""
        content = {
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"c{place}",
                    "metadata": {},
                    "outputs": [],
                    "execution_count": None,
                    "source": cell,
                }
                for place, cell in enumerate(cells)
            ],
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (self.folder / name).write_text(json.dumps(content))
        return self.address(name)

    def address(self, name: str) -> str:
        """The address of a notebook in JupyterLab."""
        return f"{self.base}lab/tree/{name}?token={self.token}&reset"


@contextmanager
def jupyter(folder: Path) -> Iterator[Jupyter]:
    """A server, in the block, for the notebooks in a `folder`, as `/user/ada/` on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    notebooks, own = folder / "notebooks", folder / "own"
    notebooks.mkdir()
    words = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    words += ["--ServerApp.base_url=/user/ada/", "--IdentityProvider.token=secret", f"--ServerApp.root_dir={notebooks}"]
    homes = {f"JUPYTER_{kind}_DIR": str(own / kind.lower()) for kind in ("CONFIG", "RUNTIME", "DATA")}
    environment = os.environ | homes | {"IPYTHONDIR": str(own / "ipython"), "JUPYTERLAB_SETTINGS_DIR": str(own / "lab")}
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
    served = Jupyter(notebooks, f"http://127.0.0.1:{port}/user/ada/", "secret", process)
    try:
        _wait(served)
        yield served
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE)


def _wait(served: Jupyter) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            served.ask("api/status")
            return
        except OSError:
            assert served.process.poll() is None, "JupyterLab ended"
            assert time.monotonic() < deadline, "JupyterLab does not answer"
            time.sleep(0.1)
