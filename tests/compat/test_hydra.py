"""Contracts with Hydra: its loaders, what its parser keeps, and who writes `.hydra/`."""

import hydra.core.utils
import pytest
from hydra import compose, initialize_config_dir
from hydra._internal.callbacks import Callbacks
from hydra.core.hydra_config import HydraConfig
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import QuotedString
from hydra.core.utils import run_job
from hydra.types import HydraContext, RunMode
from omegaconf import OmegaConf

from src.command.hydra_files import of_job
from src.compat.hydra import current_loader, forget_loader, new_loader, save_nothing, written_value
from src.places import CONF
from tests.compat.contracts import contract


def test_the_current_loader_composes_what_hydra_composes():
    with contract(current_loader, "hydra-core"), initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = current_loader().load_configuration("train", ["experiment=xor"], RunMode.RUN)
        assert OmegaConf.masked_copy(cfg, [key for key in cfg if key != "hydra"]) == compose(
            "train", ["experiment=xor"]
        )


def test_a_loader_that_was_kept_is_forgotten():
    initialize_config_dir(str(CONF), version_base="1.3")  # as a command does: nothing takes it back
    with contract(forget_loader, "hydra-core"):
        forget_loader()
        with initialize_config_dir(str(CONF), version_base="1.3"):
            assert compose("train", ["experiment=xor"]).data
        with pytest.raises(AssertionError, match="not initialized"):
            compose("train")


def test_a_new_loader_knows_both_folders(tmp_path):
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text("seed: 3\n")
    with contract(new_loader, "hydra-core"):
        found = new_loader(str(CONF), str(tmp_path)).get_group_options("experiment", ObjectType.CONFIG, "train", [])
        assert {"mine", "xor"} <= set(found)
        assert "mine" not in new_loader(str(CONF)).get_group_options("experiment", ObjectType.CONFIG, "train", [])


@pytest.mark.parametrize(("text", "value"), [("1e-3", 1e-3), ("[a,1]", ["a", 1]), ("null", None), ("a b", "a b")])
def test_a_written_value_is_the_value(text, value):
    with contract(written_value, "hydra-core"):
        assert written_value(OverridesParser.create().parse_rule(f"x={text}", "override")) == value


def test_a_written_value_still_has_its_quotes():
    with contract(written_value, "hydra-core"):
        found = written_value(OverridesParser.create().parse_rule("x='1'", "override"))
        assert isinstance(found, QuotedString)
        assert found.text == "1"


def test_hydra_writes_no_configuration_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(hydra.core.utils, "_save_config", lambda *_: pytest.fail("Hydra writes it"))
    monkeypatch.setattr(HydraConfig.instance(), "cfg", None)
    monkeypatch.chdir(tmp_path)
    with contract(save_nothing, "hydra-core"), initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("train", [f"hydra.run.dir={tmp_path}"], return_hydra_config=True)
        as_before = save_nothing()
        context = HydraContext(config_loader=current_loader(), callbacks=Callbacks())
        job = run_job(lambda cfg: of_job(cfg), cfg, "hydra.run.dir", None, context, configure_logging=False)
    as_before()
    with pytest.raises(pytest.fail.Exception, match="Hydra writes it"):
        hydra.core.utils._save_config(None, "", tmp_path)
    assert not list(tmp_path.iterdir())
    texts = [OmegaConf.to_yaml(part) for part in (job.cfg, job.hydra_cfg, job.overrides)]  # as Hydra would write them
    assert [job.return_value[f"{name}.yaml"] for name in ("config", "hydra", "overrides")] == texts


def test_where_hydra_saves_by_another_name_a_line_says_so(monkeypatch, caplog):
    monkeypatch.delattr(hydra.core.utils, "_save_config")
    save_nothing()
    assert "a run killed at its start may leave half a configuration" in caplog.text
