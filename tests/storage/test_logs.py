"""`train.log` on a disk that is full."""

import errno
import logging

import pytest

from src.storage.logs import RunLog


class Full:
    """A file on a full disk."""

    def write(self, text):
        raise OSError(errno.ENOSPC, "No space left on device")

    def flush(self):
        pass

    def close(self):
        pass


def test_a_full_disk_is_raised_under_the_name_of_the_file(tmp_path, capsys):
    log = RunLog(tmp_path / "train.log", delay=True)
    record = logging.LogRecord("src", logging.INFO, "", 0, "a line", None, None)
    log.emit(record)
    healthy, log.stream = log.stream, Full()
    with pytest.raises(OSError, match="No space left on device") as caught:
        log.emit(record)
    assert caught.value.filename.endswith("train.log")
    log.stream = healthy
    log.close()
    assert (tmp_path / "train.log").read_text() == "a line\n"
    assert capsys.readouterr().err == ""
