"""Composing a command's configuration once, and reading it quickly, gives the results of Hydra and OmegaConf."""

import sys

import hydra
import omegaconf
import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from src.compat import composing
from src.places import CONF

BROKE_IT = f"hydra-core {hydra.__version__} composes in another way than 1.3.8"
WORDS = {
    "plain": ["experiment=xor", "data.noise=0.3", "hydra.run.dir=run"],
    "mode": ["experiment=xor", "hydra.mode=RUN", "hydra.run.dir=run"],
}


def composed(words, monkeypatch):
    """The configuration that a job gets, Hydra's part included, and how often one was composed on the way."""
    seen = []

    def counted(self, *words, _compose=ConfigLoaderImpl._load_configuration_impl, **more):
        seen.append(words)
        return _compose(self, *words, **more)

    def job(cfg):
        jobs.append({**OmegaConf.to_container(cfg, resolve=True), "hydra": OmegaConf.to_container(HydraConfig.get())})

    jobs = []
    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["train", *words, "~hydra.callbacks.run_folder"])
        patch.setattr(ConfigLoaderImpl, "_load_configuration_impl", counted)
        hydra.main(version_base="1.3", config_path=str(CONF), config_name="train")(job)()
    (found,) = jobs
    return found, len(seen)


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_a_command_is_composed_once_and_as_hydra_does(words, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    OmegaConf.register_new_resolver("problem", lambda *_: "xor", replace=True)
    expected, twice = composed(words, monkeypatch)
    with composing.composed_once():
        found, once = composed(words, monkeypatch)
    assert found == expected, BROKE_IT
    assert (once, twice) == ((1, 2) if words == WORDS["plain"] else (2, 2)), BROKE_IT


SPECIAL = "a: 1e3\nb: 2020-01-01\nc: 1_0.5\nd: .inf\ne: yes\nf: [1, {g: null}]\nh: 'x: y'\ni: 0x10\nj: ${seed}"


@pytest.mark.parametrize("text", [SPECIAL, *(path.read_text() for path in sorted(CONF.rglob("*.yaml")))])
def test_yaml_is_read_as_omegaconf_reads_it(text):
    quick, slow = composing._quick_loader(), composing._slow_loader()
    assert quick is not slow
    found, expected = (composing.yaml.load(text, Loader=loader) for loader in (quick, slow))
    assert repr(found) == repr(expected), f"OmegaConf {omegaconf.__version__} reads otherwise than 2.3.1"


def test_a_text_that_is_read_again_is_as_it_was_whatever_became_of_its_values(monkeypatch, tmp_path):
    monkeypatch.setattr(composing.omegaconf_utils, "get_yaml_loader", composing._quick_loader)
    (tmp_path / "file.yaml").write_text("a: {b: [1, 2]}\nc: {}")
    for _ in range(3):
        cfg = OmegaConf.load(tmp_path / "file.yaml")
        assert cfg == {"a": {"b": [1, 2]}, "c": {}}
        cfg.a.b.append(3)
        cfg.c = cfg.a
        cfg.merge_with({"a": {"b": [7]}})
    (tmp_path / "file.yaml").write_text("a: 1")
    assert OmegaConf.load(tmp_path / "file.yaml") == {"a": 1}


@pytest.mark.parametrize("text", ["a: 1\na: 2", "a: [1", "a: !!python/object/apply:os.system [ls]", "a: \0"])
def test_what_omegaconf_refuses_is_refused(text):
    with pytest.raises(composing.yaml.YAMLError):
        composing.yaml.load(text, Loader=composing._quick_loader())


def test_everything_is_as_it_was_behind_the_block():
    before = ConfigLoaderImpl.load_configuration
    with composing.composed_once():
        assert ConfigLoaderImpl.load_configuration is not before
    assert ConfigLoaderImpl.load_configuration is before
