"""A Ray cluster of one machine with two workers, for as long as a test needs it."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster.slurm import free_ports, require_modules


@contextmanager
def running() -> Iterator[tuple[str, dict[str, str]]]:
    """A cluster; the block gets its address, and the variables with which a command may join it.

    It lets in who has its token, which is made for it alone.

    Its ports are fixed, since a node whose agent is to choose them must hear of them within 15 seconds.
    """
    require_modules("ray")
    names = (
        "port",
        "dashboard-agent-grpc-port",
        "dashboard-agent-listen-port",
        "metrics-export-port",
        "runtime-env-agent-port",
    )
    ports = free_ports(len(names))
    words = [f"--{name}={port}" for name, port in zip(names, ports, strict=True)]
    words += ["--head", "--block", "--num-cpus=2", "--include-dashboard=false", "--disable-usage-stats"]
    start = "import sys; from ray.scripts.scripts import main; sys.exit(main())"
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    quick = tempfile.mkdtemp()
    Path(quick, "rfc3987_syntax.py").write_text(
        "raise ImportError  # jsonschema compiles a grammar with it, for seconds\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", start, "start", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | token | {"PYTHONPATH": os.pathsep.join([quick, os.environ.get("PYTHONPATH", "")])},
    )
    try:
        deadline, said = time.monotonic() + 120, []
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if "Local node IP" in line:
                address = line.rpartition(":")[2].strip()
            if "Ray runtime started" in line:
                break
            if time.monotonic() > deadline or "Traceback" in line:
                pytest.fail("Ray does not start:\n" + "".join(said))
        yield f"{address}:{ports[0]}", token
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
        shutil.rmtree(quick)


def workers() -> list[int]:
    """The process ids of the cluster's workers that train."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            title = path.read_bytes()
        except OSError:
            continue
        if title.startswith(b"ray::_work"):
            found.append(int(path.parent.name))
    return found
