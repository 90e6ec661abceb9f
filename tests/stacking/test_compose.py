"""Jobs made from one composition equal those that Hydra composes one by one."""

from functools import partial

import pytest
import yaml
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import setup_globals
from hydra.types import RunMode
from omegaconf import OmegaConf, open_dict, read_write

from src.command.sweeps import problem
from src.places import CONF
from src.stacking.compose import Composer

JOBS = {
    "numbers": [["experiment=xor", f"seed={seed}", f"optimizer.lr={lr}"] for seed in (0, 17) for lr in ("0.1", "1e-3")],
    "words": [["network.activation=tanh"], ["network.activation=relu"], ["network.activation='elu'"]],
    "switches": [["data.standardize=true", "seed=null"], ["data.standardize=false", "seed=3"]],
    "lists": [["network.hidden_dims=[4]", "seed=1"], ["network.hidden_dims=[8,8]", "seed=2"]],
    "groups": [["optimizer=adam", "seed=1"], ["optimizer=sgd", "seed=2"], ["experiment=moons", "seed=3"]],
    "interpolations": [["data.seed=${seed}", "seed=5"], ["data.seed=7", "seed=6"]],
    "interpolations as the sweeper writes them": [
        [r"data.seed=$\{seed\}", "seed=5"],
        [r"data.seed=$\{seed\}", "seed=6"],
    ],
    "follows the seed": [["trainer.max_epochs=3"], ["trainer.max_epochs=9"]],
    "added": [["+data.extra=1"], ["+data.extra=2"]],
    "odd text": [["runs_dir='a: b'"], ["runs_dir='#c'"], ["runs_dir=yes"], ["runs_dir='1'"]],
    "a folder by overrides": [["seed=1", "hydra.sweep.subdir=x"], ["seed=2", "hydra.sweep.subdir=x"]],
}


loaded = partial(yaml.load, Loader=yaml.CSafeLoader)  # ten times as fast as `yaml.safe_load`


@pytest.fixture
def loader():
    setup_globals()
    OmegaConf.register_new_resolver("problem", problem, replace=True)
    with initialize_config_dir(str(CONF), version_base="1.3", job_name="train"):
        yield GlobalHydra.instance().config_loader()
    HydraConfig.instance().cfg = None


def master_of(loader, subdir):
    overrides = ["hydra.sweep.dir=sweep", f"hydra.sweep.subdir={subdir}"]
    return loader.load_configuration("train", overrides, run_mode=RunMode.MULTIRUN)


@pytest.mark.parametrize("case", JOBS)
@pytest.mark.parametrize("subdir", ["${hydra.job.num}", "${hydra.job.override_dirname}", "s${seed}_${optimizer.lr}"])
def test_jobs_equal_hydras(loader, case, subdir):
    master = master_of(loader, subdir)
    composer = Composer(loader, master)
    for number, overrides in enumerate(JOBS[case], 3):
        job = composer.job(number, overrides)
        config = loader.load_sweep_config(master, overrides)
        with open_dict(config):
            config.hydra.job.id, config.hydra.job.num = number, number
        HydraConfig.instance().set_config(config)
        folder = f"{config.hydra.sweep.dir}/{config.hydra.sweep.subdir}"
        assert str(job.folder) == str(folder)
        with read_write(config.hydra.runtime):
            config.hydra.runtime.output_dir = str(job.folder.absolute())
        hydra = OmegaConf.masked_copy(config, ["hydra"])
        task = OmegaConf.masked_copy(config, [key for key in config if key != "hydra"])
        assert job.cfg == OmegaConf.to_container(task, resolve=True)
        expected = {"config.yaml": task, "hydra.yaml": hydra, "overrides.yaml": config.hydra.overrides.task}
        for name, node in expected.items():
            assert loaded(job.files[name]) == loaded(OmegaConf.to_yaml(node)), name
        assert job.files["config.yaml"] == OmegaConf.to_yaml(task)


def test_jobs_of_one_shape_are_composed_once(loader, monkeypatch):
    master = master_of(loader, "${hydra.job.num}")
    composed = []
    compose = loader.load_sweep_config
    monkeypatch.setattr(loader, "load_sweep_config", lambda *each: composed.append(each) or compose(*each))
    composer = Composer(loader, master)
    jobs = [composer.job(n, ["experiment=xor", f"seed={n}", f"data.noise={n / 100}"]) for n in range(50)]
    assert len(composed) == 1
    assert [job.cfg["data"]["shuffle_seed"] for job in jobs] == list(range(50))
    composer.job(50, ["experiment=moons", "seed=0", "data.noise=0.1"])
    assert len(composed) == 2
