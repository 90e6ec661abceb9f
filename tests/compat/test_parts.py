"""Cached parts equal what Hydra and OmegaConf make anew, and changing one does not affect others."""

import copy

import pytest
from hydra import compose, initialize_config_dir
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from omegaconf import OmegaConf, _utils, base, grammar_parser
from omegaconf.errors import GrammarParseError

from src.compat.parts import keep_parts
from src.settings.composed import CONF
from tests.compat.contracts import contract

keep_parts()
FILES = ["train", "experiment/xor", "hydra/job_logging/lab", "callbacks/default"]


def repository(folder, provider="main"):
    Plugins.instance()
    path = ConfigSearchPathImpl()
    path.append(provider, f"file://{folder}")
    path.append("schema", "structured://")
    return ConfigRepository(path)


def everything(result):
    defaults = [(type(default), vars(default)) for default in result.defaults_list]
    return OmegaConf.to_yaml(result.config), defaults, result.provider, result.path, result.header


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_as_hydra_reads_it(name):
    anew = ConfigRepository.load_config.unkept
    with contract(keep_parts, "hydra-core"):
        expected = everything(anew(repository(CONF), name))
        for _ in range(3):
            result = repository(CONF).load_config(name)
            assert everything(result) == expected
            OmegaConf.update(result.config, "seed", 99, force_add=True)
            result.header["package"] = "elsewhere"
            result.defaults_list.clear()


def test_a_file_that_is_edited_is_read_anew_and_one_that_is_gone_is_not_read(tmp_path):
    for text, value in (("a: 1", 1), ("a: 2", 2), ("# @package b\na: 2", 2)):
        (tmp_path / "file.yaml").write_text(text)
        result = repository(tmp_path).load_config("file")
        assert result.config.a == value
        assert result.header["package"] == ("b" if "package" in text else None)
    (tmp_path / "file.yaml").unlink()
    assert repository(tmp_path).load_config("file") is None


def test_a_file_of_another_folder_is_another(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file.yaml").write_text("a: 1")
        result = repository(tmp_path / folder, provider=folder).load_config("file")
        assert (result.provider, result.path) == (folder, f"file://{tmp_path / folder}")


def test_a_list_of_defaults_may_ask_what_is_chosen(tmp_path):
    for name in ("a/one", "a/two", "b/one", "b/two"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.yaml").write_text(f"is: {name}")
    (tmp_path / "train.yaml").write_text("defaults: [_self_, a: one, b: '${a}']")
    with contract(keep_parts, "hydra-core"), initialize_config_dir(str(tmp_path), version_base="1.3"):
        for _ in range(3):
            assert compose("train") == {"a": {"is": "a/one"}, "b": {"is": "b/one"}}
            assert compose("train", ["a=two"]) == {"a": {"is": "a/two"}, "b": {"is": "b/two"}}


def test_interpolations_are_parsed_once_and_mean_what_they_meant():
    with contract(keep_parts, "omegaconf"):
        assert base.parse is _utils.parse is grammar_parser.parse
        first = grammar_parser.parse("${seed}/${oc.env:HOME}")
        grammar_parser.parse("x ${other.key} ${oc.env:USER,'a b'}")
        assert grammar_parser.parse("${seed}/${oc.env:HOME}") is first
        for seed in (1, 2):
            cfg = OmegaConf.create({"seed": seed, "a": "${seed}-${b.c}", "b": {"c": "x${seed}"}})
            assert cfg.a == f"{seed}-x{seed}"
        for _ in range(2):
            with pytest.raises(GrammarParseError):
                grammar_parser.parse("${seed")


def test_a_copy_is_as_deep_as_omegaconfs():
    class Local:
        """A class that pickle cannot find."""

    with contract(keep_parts, "omegaconf"):
        cfg = OmegaConf.create({"seed": 1, "a": {"b": [1, {"c": "${seed}"}], "d": None, "e": "???"}})
        OmegaConf.set_struct(cfg, True)
        OmegaConf.set_readonly(cfg.a.b, True)
        found = copy.deepcopy(cfg)
        assert found == cfg
        assert found.a.b[1].c == 1
        assert (OmegaConf.is_struct(found), OmegaConf.is_readonly(found.a.b), OmegaConf.is_missing(found.a, "e")) == (
            *(True, True, True),
        )
        found.seed, found.a.d = 2, 3
        assert (found.a.b[1].c, cfg.a.b[1].c, cfg.a.d) == (2, 1, None)
        part = cfg.a.copy()
        part.d = 4
        assert (part.b[1].c, part._get_parent() is cfg, cfg.a.d) == (1, True, None)  # looks up what stands above it
        own = OmegaConf.create({"a": Local()}, flags={"allow_objects": True})
        assert type(copy.deepcopy(own).a) is Local


def test_the_schemas_in_the_store_stay_as_they_are():
    with contract(keep_parts, "hydra-core"), initialize_config_dir(str(CONF), version_base="1.3"):
        store = ConfigStore.instance()
        assert copy.deepcopy(store) is store
        before = OmegaConf.to_yaml(store.repo["hydra"]["config.yaml"].node)
        cfg = compose("train", ["hydra.job.name=changed", "hydra.run.dir=there"], return_hydra_config=True)
        cfg.hydra.job.name = "again"
        assert OmegaConf.to_yaml(store.repo["hydra"]["config.yaml"].node) == before
