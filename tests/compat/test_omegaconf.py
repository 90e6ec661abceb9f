"""Contracts with OmegaConf: words mean the same to this project's reader and writer as to its own."""

import pytest
from omegaconf import OmegaConf, _utils

from src.compat.omegaconf import scalar_yaml, yaml_rules
from src.trust.plain import parse_yaml
from tests.compat.contracts import contract

WORDS = ["1", "-1.5", "1e-3", "1_000", "0x1f", "2026-11-25", "yes", "true", "null", "~", ".inf", "a", "'1'", "12:30:45"]
VALUES = [
    0,
    -3,
    0.001,
    1e-05,
    1e20,
    True,
    None,
    "a",
    "1",
    "1e-3",
    "yes",
    "null",
    "a: b",
    "# c",
    "",
    "ä",
    "${seed}",
    " a",
]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_read_as_omegaconf_reads_it(word):
    with contract(yaml_rules, "omegaconf"):
        found, expected = parse_yaml(f"a: {word}", "text")["a"], OmegaConf.create(f"a: {word}")["a"]
        assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_is_written_as_omegaconf_writes_it(value):
    with contract(scalar_yaml, "omegaconf"):
        assert f"a: {scalar_yaml(value)}\n" == OmegaConf.to_yaml(OmegaConf.create({"a": value}))


def test_without_its_dumper_values_mean_the_same(monkeypatch):
    monkeypatch.delattr(_utils, "get_omega_conf_dumper")
    for value in VALUES:
        assert OmegaConf.to_container(OmegaConf.create(f"a: {scalar_yaml(value)}")) == {"a": value}
