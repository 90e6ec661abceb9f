"""One process trains in a folder: a second is refused, dead ones hold no lock, and a disk without locks is named."""

import errno
import fcntl
import os
import signal
from pathlib import Path

import pytest

from src.errors import ConfigError
from src.storage import locking
from tests.commands import going_on, run, wait_until

SHORT = ("experiment=xor", "data.num_train=200", "logger=none", "callbacks.figures=null")


@pytest.fixture(autouse=True)
def released():
    yield
    locking.release()


def taken(folder, how=fcntl.LOCK_EX):
    """Lock a folder like another process: through a newly opened file."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, how | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(opened)
        return None
    return opened


def test_of_two_resumes_the_second_is_refused_and_a_killed_one_leaves_no_lock(tmp_path):
    folder = tmp_path / "run"
    done = run(["src.train", *SHORT, "trainer.max_epochs=1", f"hydra.run.dir={folder}"])
    assert done.returncode == 0, done.stderr
    last = folder / "checkpoints" / "last.ckpt"
    written = last.stat().st_mtime_ns
    with going_on("src.train", f"resume={folder}", "trainer.max_epochs=100000") as first:
        wait_until(lambda: last.stat().st_mtime_ns > written, first)
        second = run(["src.train", f"resume={folder}", "trainer.max_epochs=2"])
        line = f"config error: resume: another process trains in {folder} now; wait until it has finished\n"
        assert (second.returncode, second.stderr) == (2, line)
        assert first.poll() is None
        first.kill()
        first.wait()
    epochs = len((folder / "metrics.csv").read_text().splitlines()) - 1
    done = run(["src.train", f"resume={folder}", f"trainer.max_epochs={epochs + 1}"])
    assert done.returncode == 0, done.stderr


def test_a_lock_is_kept_until_it_is_given_back(tmp_path):
    locking.lock(tmp_path, "resume")
    locking.lock(tmp_path, "resume")  # this process has it
    assert taken(tmp_path) is None
    locking.release(tmp_path)
    theirs = taken(tmp_path)
    with pytest.raises(ConfigError, match=r"^resume: another process trains in .* now; wait until it has finished$"):
        locking.lock(tmp_path, "resume")
    os.close(theirs)
    locking.lock(tmp_path, "resume")


def test_a_sweep_is_shared_by_those_that_resume_a_run_of_it(tmp_path):
    theirs = taken(tmp_path, fcntl.LOCK_SH)
    locking.lock(tmp_path, "resume", shared=True)
    locking.release()
    with pytest.raises(ConfigError, match="sweep_resume: another process"):
        locking.lock(tmp_path, "sweep_resume")
    os.close(theirs)


def test_a_process_that_was_forked_keeps_no_lock_of_its_dead_parent(tmp_path):
    locking.lock(tmp_path, "resume")
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(told, b".")
        signal.pause()
    try:
        os.read(ready, 1)
        locking.release()  # as the end of the parent does
        theirs = taken(tmp_path)
        assert theirs is not None
        os.close(theirs)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ready)
        os.close(told)


@pytest.mark.parametrize("system", ["refuses", "has none"])
def test_a_file_system_without_locks_is_named_in_one_line_and_work_goes_on(system, tmp_path, monkeypatch, caplog):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    if system == "refuses":
        monkeypatch.setattr(locking.fcntl, "flock", refuse)
    else:
        monkeypatch.setattr(locking, "fcntl", None)
    opened = len(list(Path("/proc/self/fd").iterdir()))
    locking.lock(tmp_path, "resume")
    line = f"{tmp_path}: its file system has no locks; make sure that no other process trains there"
    assert caplog.messages == [line]
    assert len(list(Path("/proc/self/fd").iterdir())) == opened
