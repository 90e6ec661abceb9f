"""Commands as people mistype them, or would write them elsewhere: one line that names what is meant."""

import pytest

from src import lab
from src.errors import ConfigError
from tests.command.place import give

LISTED = "choose from"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["lr=0.1"], "lr: unknown key; did you mean optimizer.lr?"),
        (["epochs=10"], "epochs: unknown key; did you mean trainer.max_epochs?"),
        (["trainer.epochs=10"], "trainer.epochs: unknown key; did you mean trainer.max_epochs?"),
        (
            ["data=moons", "data.positive=upper"],
            "data.positive: is for tables and images; in generated data the",
        ),
        (["optimizer=adam", "optimizer.momentum=0.9"], "optimizer.momentum: belongs to optimizer=sgd; choose"),
        (["data.arms=3"], "data.arms: belongs to data=spirals; choose this option, or leave it out"),
        (["data=csv", "data.noise=1"], "data.noise: belongs to data=blobs, circles, gaussian, line, …; choose one of"),
        (["hydra.launcher.folders=best"], "hydra.launcher.folders: belongs to hydra/launcher=vectorized; choose this"),
        (["hydra.sweeper.n_trials=9"], "hydra.sweeper.n_trials: belongs to hydra/sweeper=optuna; choose this option"),
        (["noise=0.2"], "noise: unknown key; did you mean data.noise?"),
        (["batch_size=8"], "batch_size: unknown key; did you mean data.batch_size?"),
        (["data.batch=8"], "data.batch: unknown key; did you mean data.batch_size?"),
        (["dropout=0.1"], "dropout: unknown key; did you mean network.dropout?"),
        (["patience=5"], "patience: unknown key; did you mean callbacks.early_stopping.patience?"),
        (["random_state=1"], "random_state: unknown key; did you mean seed?"),
        (["device=cuda"], "device: unknown key; did you mean trainer.accelerator?"),
        (["gpus=1"], "gpus: unknown key; did you mean trainer.devices?"),
        (["optimizer.learning_rate=0.1"], "optimizer.learning_rate: unknown key; did you mean optimizer.lr?"),
        (["network.units=8"], "network.units: unknown key; did you mean network.hidden_dims?"),
        (["network.hidden_layers=[8]"], "network.hidden_layers: unknown key; did you mean network.hidden_dims?"),
        (["model=mlp"], "model: unknown key; did you mean network?"),
        (["optimiser=adam"], "optimiser: unknown key; did you mean optimizer?"),
        (["experimnt=xor"], "experimnt: unknown key; did you mean experiment?"),
        (["experiment=xr"], f"experiment: no option 'xr'; did you mean xor? {LISTED} and_gate, "),
        (["experiment=XOR"], f"experiment: no option 'XOR'; did you mean xor? {LISTED} and_gate, "),
        (["experiment=mooons"], f"experiment: no option 'mooons'; did you mean moons? {LISTED} and_gate, "),
        (["optimizer=Adam"], f"optimizer: no option 'Adam'; did you mean adam? {LISTED} adam, adamw, sgd"),
        (["data=iris"], f"data: no option 'iris'; did you mean experiment=iris? {LISTED} blobs, "),
        (["network.activation=Relu"], "(got 'Relu'); did you mean relu?"),
        (["network.hidden_dims=8"], "(got 8); write network.hidden_dims=[8]"),
        (["network.hidden_dims=(8,8)"], "(got '(8,8)'); write network.hidden_dims=[8,8]"),
        (["data.noise=20%"], "(got '20%'); write data.noise=0.2"),
        (["seed=0..3"], "(got '0..3'); sweep over a range with -m seed='range(0,4)'"),
        (["data.test_size=100"], "did you mean data.num_test?"),
        (["experiment:xor"], "did you mean experiment=xor?"),
        (["network.hidden_dims=8x8"], "(got '8x8'); write network.hidden_dims=[8,8]"),
        (["network.hidden_dims=[8,", "8]"], "no spaces are allowed in a list; write network.hidden_dims=[8,8]"),
        (["seed=range(0,3"], "seed: a bracket is not closed (got range(0,3); close it, as in seed='range(0,3)'"),
        (["xor"], "xor: should be KEY=VALUE; did you mean experiment=xor?"),
        (["experiment", "=", "xor"], "experiment: no spaces are allowed around the equals sign; write experiment=xor"),
        (["experiment", "=xor"], "experiment: no spaces are allowed around the equals sign; write experiment=xor"),
        (["--epochs", "10"], "--epochs: settings have no dashes; write trainer.max_epochs=10"),
        (["--max_epochs=3"], "--max_epochs=3: settings have no dashes; write trainer.max_epochs=3"),
        (["--batch-size", "64"], "--batch-size: settings have no dashes; write data.batch_size=64"),
        (["launcher=vectorized"], "launcher: unknown key; did you mean hydra/launcher?"),
        (["sweeper=optuna"], "sweeper: unknown key; did you mean hydra/sweeper?"),
        (["val_split=0.1"], "val_split: unknown key; did you mean data.num_val?"),
        (["data=moons", "val_split=0.1"], "val_split: unknown key; did you mean data.val_fraction?"),
        (["dpi=200"], "dpi: unknown key; did you mean plots.dpi?"),
        (["plots=svg"], "plots: cannot be set as a whole; set plots.dpi or plots.format"),
        (["file=my.csv"], "file: unknown key; did you mean data.path? it belongs to data=csv and data=image_folder"),
        (["data.noise==0.2"], "data.noise: one equals sign is enough (got data.noise==0.2); write data.noise=0.2"),
        (["data.noise: 0.2"], "data.noise: 0.2: should be KEY=VALUE; did you mean data.noise=0.2?"),
        (["seed=1,2"], "seed: has several values (got 1,2); sweep over them with -m\n"),
        (["network.hidden_dims=8,8"], "with -m, or write a list: network.hidden_dims=[8,8]\n"),
        (["callbacks=none"], "set those you do not need to null, as in callbacks.figures=null"),
        (["scheduler=off"], f"scheduler: no option 'off'; did you mean none? {LISTED} cosine, "),
        (["head=none"], f"head: no option 'none'; {LISTED} auto, binary, "),
        (["experiment=xor.yaml"], "experiment: an option has no file extension; write experiment=xor"),
        (["conf/experiment/xor.yaml"], "should be KEY=VALUE; did you mean experiment=xor?"),
        (["experiment/xor"], "should be KEY=VALUE; did you mean experiment=xor?"),
        (["data/moons"], "should be KEY=VALUE; did you mean data=moons?"),
        (["."], ".: should be KEY=VALUE; --help lists keys and options"),
        (["version"], "version: should be KEY=VALUE; did you mean --version?"),
        (["-help"], "-help: unknown flag; did you mean --help?"),
        (["--frobnicate"], "--frobnicate: unknown flag; --hydra-help lists them all, and --help the settings"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_meant_is_said(words, line, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert give("train", words) == 2
    told = capfd.readouterr()
    assert told.out == ""
    assert told.err.startswith("config error: ")
    assert line in told.err
    assert told.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_python_takes_the_keys_of_a_group_as_a_dict():
    words = lab.commands._words("xor", (), {"seed": 1, "data": {"noise": 0.2}, "callbacks": {"figures": None}})
    assert words == ["experiment=xor", "seed=1", "data.noise=0.2", "callbacks.figures=null"]
    with pytest.raises(ConfigError, match=r"noise: unknown key; did you mean data.noise\?"):
        lab.train("xor", noise=0.2)
