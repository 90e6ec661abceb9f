"""YAML and JSON of run folders: ordinary files are read, everything that would grow or run is refused in one line."""

import json
import os
import time

import pytest
import yaml
from omegaconf import OmegaConf

from src.errors import ConfigError
from src.trust.plain import read_json, read_yaml
from tests.conftest import compose_train

ALIASES = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))


def test_a_saved_configuration_is_read_as_omegaconf_reads_it(tmp_path):
    cfg = compose_train("experiment=sweep_noise", "optimizer.lr=1e-5", "+note='2026-11-25'")
    OmegaConf.save(cfg, tmp_path / "config.yaml")
    assert read_yaml(tmp_path / "config.yaml") == OmegaConf.to_container(OmegaConf.load(tmp_path / "config.yaml"))


def test_numbers_are_read_as_omegaconf_reads_them(tmp_path):
    (tmp_path / "a.yaml").write_text("a: 1e-3\nb: .inf\nc: 0x1F\nd: yes\ne: 2026-11-25\nf: '1e5'\n")
    assert read_yaml(tmp_path / "a.yaml") == OmegaConf.to_container(OmegaConf.load(tmp_path / "a.yaml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ALIASES, r"contains a YAML alias \(\*a\)"),
        ("a: !!python/object/apply:os.getcwd []", "contains a YAML tag .*os.getcwd"),
        ("a: " + "9" * 5000, "a number of 5,000 characters"),
        ("a: 1" + ":1" * 300_000, "a number of 600,001 characters"),
        ("[" * 400_000, "more than 32 nested levels|nesting depth"),
        ("- " * 400_000, "more than 32 nested levels"),
        ("a: " + "x" * 2**20, "larger than 1 MiB"),
        ("a: [" + "1," * 20_000 + "]", "more than 16,384 values"),
        ("a: 1\na: 2", "line 1: a key appears twice"),
        ("a: [1\nb: s3cret: x", r"is not YAML as this project writes it \(line 2: "),
        ("\udcff", "is not text in UTF-8"),
        ("a: \x01", "control characters"),
    ],
    ids=lambda text: text[:20],
)
def test_yaml_that_would_grow_or_run_is_one_line(tmp_path, text, message):
    path = tmp_path / "config.yaml"
    path.write_text(text, errors="surrogateescape")
    start = time.perf_counter()
    with pytest.raises(ConfigError, match=message) as caught:
        read_yaml(path)
    assert time.perf_counter() - start < 5
    assert len(str(caught.value).splitlines()) == 1
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a":' * 100_000, "more than 32 nested levels"),
        ("[" * 33 + "]" * 33, "more than 32 nested levels"),
        ('{"a": ' + "1" * 5000 + "}", "a number of 5,000 characters"),
        ('{"a": 1e999}', "contains inf"),
        ('{"a": NaN}', "contains nan"),
        ('{"a": ', r"is not JSON \(line 1"),
        ("[" + "1," * 2**23 + "1]", "more than 4,194,304 values"),
    ],
    ids=lambda text: text[:20],
)
def test_json_that_would_grow_is_one_line(tmp_path, text, message):
    path = tmp_path / "metrics.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_json(path)
    path.write_text(json.dumps({"a": [0.5, None, -1e-300]}))
    assert read_json(path) == {"a": [0.5, None, -1e-300]}


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(ConfigError, match="is not a file"):
            read_json(path)
    with pytest.raises(ConfigError, match=r"gone.yaml: there is no such file"):
        read_yaml(tmp_path / "gone.yaml")


def test_the_alias_bomb_is_one_elsewhere(tmp_path):
    assert len(str(yaml.safe_load(ALIASES)["i"])) > 2**9
