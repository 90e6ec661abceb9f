"""What people type who are used to a shell, Hydra, Lightning or a language with a decimal comma."""

HABITS = [
    # flags and quotes of other programs
    ("train", ["--experiment", "xor"], "--experiment: settings have no dashes; write experiment=xor"),
    ("train", ["--experiment=xor"], "--experiment=xor: settings have no dashes; write experiment=xor"),
    ("train", ["--multi", "seed=0,1"], "--multi: unknown flag; did you mean --multirun?"),
    ("evaluate", ["--run=run"], "--run: takes no value (got 'run'); settings have no dashes: run=…"),
    ("train", ["experiment=xor", ""], "'': should be KEY=VALUE"),
    ("train", ["optimizer.lr=1,5"], "or a point: optimizer.lr=1.5"),
    ("train", ["network.hidden_dims=[8,]"], "network.hidden_dims: not a value that Hydra can read (got [8,])"),
    # options by their file, in capitals, as values
    ("train", ["experiment=XOR"], "experiment: no option 'XOR'; did you mean xor?"),
    ("train", ["experiment=conf/experiment/xor.yaml"], "no option 'conf/experiment/xor.yaml'; did you mean xor?"),
    ("train", ["optimizer=Adam"], "optimizer: no option 'Adam'; did you mean adam?"),
    ("train", ["logger=false"], "logger: needs an option (got logger=false); did you mean none? choose from csv"),
    ("train", ["data=3"], "data: needs an option (got data=3); choose from blobs"),
    ("train", ["experiment=true"], "experiment: needs an option (got experiment=true); choose from and_gate"),
    # Hydra's signs before a key
    ("train", ["+experiment=xor"], "experiment: already has an option; leave out the + before it"),
    ("train", ["~optimizer"], "optimizer: needs an option (got ~optimizer); choose from adam"),
    ("train", ["~data"], "data: needs an option (got ~data); choose from blobs"),
    (
        "train",
        ["~trainer.max_epochs"],
        "~trainer.max_epochs: cannot be left out, since callbacks.early_stopping.patience",
    ),
    (
        "train",
        ["~head.class_weights"],
        "~head.class_weights: is already null, and Hydra cannot delete a key that is null",
    ),
    (
        "train",
        ["++trainer.max_epoch=1"],
        "trainer.max_epoch: Trainer takes no such argument; ~trainer.max_epoch leaves",
    ),
    ("evaluate", ["run=run", "++data.noise=0.2"], "data.noise: takes no + here; write data.noise=0.2"),
    # files for folders, and files of another kind
    (
        "evaluate",
        ["run=run/checkpoints/best.ckpt"],
        "is not a run folder (it has no .hydra/config.yaml); did you mean run=run?",
    ),
    ("predict", ["run=run", "input=file.csv", "threshold=0.3"], "threshold: is saved with the run; choose it with"),
    ("predict", ["run=run", "input=file.csv", "output=out.xlsx"], "output: a .xlsx file would hold CSV (got out.xlsx)"),
    ("predict", ["run=run", "input=file.csv", "output=out/"], "output: input should name a file, not a folder"),
    ("export", ["run=run", "output=model.pt2"], "output: .pt2 is for format=torch_export (got format=onnx)"),
    ("export", ["run=run", "onnx"], "onnx: should be KEY=VALUE; did you mean format=onnx?"),
    ("export", ["run=run", "format=torch"], "(got 'torch'); did you mean torch_export?"),
    ("evaluate", ["run=run", "val"], "val: should be KEY=VALUE; did you mean split=val?"),
    ("evaluate", ["run=run", "threshold=0,4"], "has several values (got 0,4); give one, or a point: threshold=0.4"),
    ("compare", ["sweep=run", "metric=accuracy"], "metric: these runs have no 'accuracy'; did you mean test/accuracy?"),
    ("compare", ["sweep=run", "group_by=lr"], "group_by: no run has lr; did you mean optimizer.lr?"),
    ("compare", ["sweep=run", "reference=lr=0.1"], "reference: the runs have only one setting (got lr=0.1)"),
    (
        "train",
        ["+logger.csv._target_=lightning.pytorch.loggers.CSVLogger", "+logger.csv.name=[1]"],
        "should be a string or null",
    ),
    (
        "train",
        ["logger=csv", "logger.csv.name=null", "logger.csv.version=''"],
        "logger.csv: its file would overwrite the run's own table of epochs",
    ),
]
"""A command, its words, and what the line has to hold."""
