"""A real Slurm on this machine, for as long as a test needs it: two CPUs, everything in one folder."""

import importlib.util
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_TOOLS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue")

_CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
MpiDefault=none
SchedulerParameters=sched_interval=1,batch_sched_delay=0
JobRequeue=1
KillWait=2
MinJobAge=60
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} CPUs=2 RealMemory=2000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=60 State=UP
"""


def require(*tools: str) -> None:
    """Skip a test whose tools are missing; with CI=true, where all must be there, fail it."""
    missing = [tool for tool in tools if shutil.which(tool) is None and not Path("/usr/sbin", tool).exists()]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"missing: {', '.join(missing)}")
    if missing:
        pytest.skip(f"missing: {', '.join(missing)}")


def require_modules(*names: str) -> None:
    """The same for packages."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"missing: {', '.join(missing)}")
    if missing:
        pytest.skip(f"missing: {', '.join(missing)}")


@contextmanager
def running(folder: Path) -> Iterator[dict[str, str]]:
    """A Slurm that has its files in a folder; the block gets the variables that its commands need."""
    require(*_TOOLS)
    if os.geteuid() != 0:
        pytest.skip("slurmd needs root")
    host = socket.gethostname().partition(".")[0]
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    folder.chmod(0o755)
    configuration = folder / "slurm.conf"
    configuration.write_text(_CONFIGURATION.format(host=host, folder=folder, ports=free_ports(2)))
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    environment = {"SLURM_CONF": str(configuration)}
    munge = [f"--{name}={folder}/munge.{name.partition('-')[0]}" for name in ("socket", "key-file", "pid-file")]
    munge += [f"--{name}={folder}/munge.{name.partition('-')[0]}" for name in ("log-file", "seed-file")]
    started = []
    try:
        for words in (
            ["munged", "--foreground", "--force", *munge],
            ["slurmctld", "-D", "-c", "-f", str(configuration)],
            ["slurmd", "-D", "-c", "-f", str(configuration)],
        ):
            started.append(_started(words, environment, folder))
            if words[0] == "munged":
                _wait_until((folder / "munge.socket").exists, folder)
        _wait_until(lambda: _said(environment, "sinfo", "-h", "-o", "%T") in ("idle", "mixed"), folder)
        yield environment
    finally:
        _said(environment, "scancel", "--user=root", "--signal=KILL")
        _said(environment, "scancel", "--user=root")
        deadline = time.monotonic() + 15
        while _said(environment, "squeue", "--noheader") and time.monotonic() < deadline:
            time.sleep(0.2)  # a job that slurmd leaves behind would outlive the test
        for process in reversed(started):
            process.terminate()
        for process in started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def workers(folder: Path) -> list[int]:
    """The process ids of the workers on this machine that write their logs below a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode().split("\0")
        except OSError:
            continue
        if "submitit.core._submit" in words and "srun" not in words[0]:
            log = Path(words[words.index("submitit.core._submit") + 1])
            found += [int(path.parent.name)] * log.is_relative_to(folder)
    return found


def _started(words: list[str], environment: dict[str, str], folder: Path) -> "subprocess.Popen[bytes]":
    path = f"{os.environ['PATH']}:/usr/sbin"
    with (folder / f"{words[0]}.out").open("wb") as output:
        return subprocess.Popen(words, stdout=output, stderr=output, env=os.environ | environment | {"PATH": path})


def _said(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ | environment, check=False)
    return done.stdout.strip()


def _wait_until(happened: object, folder: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():  # type: ignore[operator]
        if time.monotonic() > deadline:
            logs = "\n".join(path.read_text(errors="replace")[-1500:] for path in folder.glob("*.log"))
            pytest.fail(f"Slurm does not start in {seconds} s:\n{logs}")
        time.sleep(0.1)


def free_ports(number: int) -> list[int]:
    """Ports of this machine that nobody uses."""
    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
