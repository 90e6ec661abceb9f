"""Names from files and folders are displayed, but cannot control the terminal."""

import logging
import unicodedata

import pytest

from src.errors import ConfigError
from src.reporting.terminal import Formatter, printable
from src.storage import failures
from tests.command.place import QUICK, give

ESCAPES = [
    "\x1b[2J",
    "\x1b]0;title\x07",
    "\x1b]8;;http://x\x07y",
    "\x9b31m",
    "\x00",
    "\b\b",
    "\r",
    "\x7f",
    "\u202e",
    "\u2028",
]


def test_every_control_is_shown_and_every_letter_kept():
    letters = "aß日本\U0001f642\u200d\u0301 שלום\n\t"
    assert printable(letters) == letters
    for number in range(0x110000):
        sign = chr(number)
        if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") and sign not in "\n\t":
            assert printable(sign).isascii(), hex(number)
            assert printable(sign).isprintable(), hex(number)


@pytest.mark.parametrize("text", ESCAPES)
def test_errors_and_logs_hold_no_control(text):
    for line in (
        failures.line(ConfigError(f"data: class {text} is none")),
        failures.line(OSError(2, "No such file", f"runs/{text}")),
        Formatter("%(message)s").format(logging.LogRecord("", logging.INFO, "", 0, f"class {text}", None, None)),
    ):
        assert line.isprintable()


def test_a_table_with_controls_in_its_names_is_trained_and_measured_quietly(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    names = [f"no{''.join(ESCAPES[:5])}", "yes\x1b[31m$\\frac{$"]
    lines = [f"{i % 7},{i % 5},1,{names[i % 3 == 0]}" for i in range(60)]
    (tmp_path / "rows.csv").write_text("\n".join(["a\x1b[2J,b\x9b,c\x1b[1m,y", *lines]), newline="")
    words = [word for word in QUICK if word.split("=")[0] not in ("experiment", "data.num_train")]
    words += ["data=csv", "data.path=rows.csv", "data.target=y", "network=perceptron", "hydra.run.dir=run"]
    assert give("train", [*words, "callbacks.progress_bar=null"]) == 0
    assert give("evaluate", ["run=run", "resamples=0"]) == 0
    assert give("evaluate", ["run=run", "data.target=\x1b[2J"]) == 2
    printed = capfd.readouterr()
    assert "c\\x1b[1m" in printed.err
    assert "\\x1b[2J" in printed.out
    log = (tmp_path / "run" / "train.log").read_text()
    assert {sign for sign in printed.out + printed.err + log if not sign.isprintable()} <= {"\n"}
