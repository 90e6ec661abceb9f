"""References to other keys are resolved within limits, resolvers never; a saved configuration contains none."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from src.command import hydra_files
from src.errors import ConfigError
from src.storage.folders import RunFolder
from src.trust.plain import read_yaml
from src.trust.references import resolved, without_resolvers

SOURCE = Path("config.yaml")


def test_references_are_followed_as_omegaconf_follows_them():
    cfg = {"seed": 3, "lr": 0.1, "dims": [1, "${seed}"], "a": {"seed": "${seed}", "rate": "${lr}", "up": "${..lr}"}}
    cfg |= {"name": "run_${seed}_${a.rate}", "again": "${a.up}", "list": "${dims}"}
    expected = OmegaConf.to_container(OmegaConf.create(cfg), resolve=True)
    assert resolved(cfg, SOURCE) == expected


@pytest.mark.parametrize(
    "text", ["${oc.env:HOME}", "x${oc.env:HOME}", "${now:%Y}", "${hydra:job.name}", "${a}${", "${:}"]
)
def test_a_resolver_is_not_followed(text, monkeypatch):
    monkeypatch.setenv("HOME", "/home/s3cret")
    with pytest.raises(
        ConfigError, match="is not resolved in a configuration that comes from a run's folder"
    ) as caught:
        resolved({"a": 1, "b": text}, SOURCE)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "cfg",
    [
        {"a": "${b}", "b": "${a}"},
        {"a": "${a}"},
        {chr(97 + i): f"${{{chr(98 + i)}}}" * 9 for i in range(9)} | {"j": "x"},
        {chr(97 + i): [f"${{{chr(98 + i)}}}"] * 9 for i in range(9)} | {"j": "x"},
        {"a": "${nothing}"},
        {"a": "${b}", "b": {"c": 1}},
    ],
)
def test_references_without_end_or_aim_are_one_line(cfg):
    with pytest.raises(ConfigError, match=r"\Aconfig.yaml: [^\n]+on the command line\Z"):
        resolved(cfg, SOURCE)


def test_a_saved_configuration_holds_no_resolvers(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA", "/data")
    text = {"seed": 3, "data": {"path": "${oc.env:DATA}/rows.csv", "seed": "${seed}", "dims": ["${oc.decode:'[1]'}"]}}
    cfg = OmegaConf.create(text | {"bad": "${oc.env:NOT_THERE}"})
    found = OmegaConf.to_container(without_resolvers(cfg))
    assert found["data"] == {"path": "/data/rows.csv", "seed": "${seed}", "dims": [[1]]}
    assert found["bad"] == "${oc.env:NOT_THERE}"
    run = RunFolder(tmp_path)
    hydra_files.write(hydra_files.composed(cfg, OmegaConf.create({"hydra": {"overrides": {"task": []}}})), run)
    assert resolved({**read_yaml(run.config), "bad": 0}, SOURCE)["data"]["path"] == "/data/rows.csv"
