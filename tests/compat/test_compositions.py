"""A copy of an earlier composition equals what Hydra composes anew."""

import os
from dataclasses import dataclass

import hydra
import pytest
from hydra import compose, initialize_config_dir
from hydra._internal import config_loader_impl
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.config_store import ConfigStore
from hydra.errors import HydraException
from omegaconf import OmegaConf

from src.compat import compositions
from src.places import CONF

BROKE_IT = f"hydra-core {hydra.__version__} composes in another way than 1.3.8"


@pytest.fixture
def anew(monkeypatch):
    """Plain Hydra, and then with cached compositions, starting with none."""
    create, build = config_loader_impl.create_defaults_list, ConfigLoaderImpl._compose_config_from_defaults_list
    monkeypatch.setattr(config_loader_impl, "create_defaults_list", getattr(create, "hydras", create))
    monkeypatch.setattr(ConfigLoaderImpl, "_compose_config_from_defaults_list", getattr(build, "hydras", build))
    built = []

    def counted(self, defaults, repo, _build=ConfigLoaderImpl._compose_config_from_defaults_list):
        built.append(defaults)
        return _build(self, defaults, repo)

    monkeypatch.setattr(ConfigLoaderImpl, "_compose_config_from_defaults_list", counted)
    return built


def composed(*words, folder=CONF, name="train"):
    with initialize_config_dir(str(folder), version_base="1.3"):
        return compose(name, list(words), return_hydra_config=True)


def everything(cfg):
    """Keys, values and flags of a configuration, interpolations as they stand."""
    flags = {key: cfg._get_node(key)._metadata.flags for key in cfg}
    kinds = {key: cfg._get_node(key)._metadata.object_type for key in cfg}
    return OmegaConf.to_yaml(cfg), flags, kinds, OmegaConf.is_struct(cfg)


WORDS = [
    ["data.noise=0.3", "+optimizer.foreach=true"],
    ["optimizer=adam", "~scheduler"],
    ["experiment=fashion_cnn", "logger=none", "callbacks=[default,boundary_movie]"],
    ["experiment=sweep_seed", "seed=3"],
]


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_a_copy_is_what_hydra_composes(words, anew):
    expected = everything(composed(*words, "trainer.max_epochs=7"))
    compositions.keep_compositions()
    anew.clear()
    for i in range(4):
        cfg = composed(*words, "trainer.max_epochs=7" if i == 3 else f"trainer.max_epochs={i}")
        assert (everything(cfg) == expected) == (i == 3), BROKE_IT
        cfg.seed = 99  # what becomes of one is nothing to the others
        cfg.hydra.job.name = cfg.hydra.run.dir = "b"
    assert len(anew) == 2, BROKE_IT


def test_what_changes_below_the_folder_is_composed_anew(anew, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "train.yaml").write_text("defaults: [_self_, a: one]\nb: 1")
    (tmp_path / "a" / "one.yaml").write_text("c: 1")
    compositions.keep_compositions()

    def found(*words):
        return [OmegaConf.masked_copy(composed(*words, folder=tmp_path), ["a", "b"]) for _ in range(3)][-1]

    assert found() == {"a": {"c": 1}, "b": 1}
    (tmp_path / "a" / "one.yaml").write_text("c: 2")
    assert found() == {"a": {"c": 2}, "b": 1}
    (tmp_path / "a" / "two.yaml").write_text("c: 3")
    assert found("a=two", "b=5") == {"a": {"c": 3}, "b": 5}
    (tmp_path / "a" / "one.yaml").unlink()
    for _ in range(3):
        with pytest.raises(HydraException, match="Could not find 'a/one'"):
            found()


def test_what_the_environment_or_the_store_chooses_is_composed_anew(anew, tmp_path, monkeypatch):
    @dataclass
    class Stored:
        c: int = 4

    for option in ("one", "two"):
        (tmp_path / f"{option}.yaml").write_text(f"c: {option}")
    (tmp_path / "train.yaml").write_text("defaults: [_self_, '${oc.env:CHOSEN}']")
    compositions.keep_compositions()
    for option in ("one", "two", "one"):
        monkeypatch.setenv("CHOSEN", option)
        for _ in range(3):
            assert composed(folder=tmp_path).c == option
    (tmp_path / "train.yaml").write_text("a: CHOSEN\ndefaults: [_self_, '${oc.env:${a}}']")
    assert compositions._variables(compositions._files_below(str(tmp_path))) is None
    store = ConfigStore.instance()
    before = compositions._stored(store.repo)
    monkeypatch.setattr(store, "repo", dict(store.repo))
    store.store("stored_by_a_test", Stored)
    assert compositions._stored(store.repo) != before


def test_few_are_kept_and_none_of_a_folder_with_too_many_files(anew, tmp_path, monkeypatch):
    monkeypatch.setattr(compositions, "_MOST_KEPT", 2)
    compositions.keep_compositions()
    for _ in range(3):
        for name in ("xor", "circles", "moons"):
            composed(f"experiment={name}")
    assert len(anew) == 9
    monkeypatch.setattr(compositions, "_MOST_FILES", 2)
    for _ in range(3):
        composed("experiment=xor")
    assert len(anew) == 12
    assert compositions._files_below(os.fspath(tmp_path / "none")) == ()
