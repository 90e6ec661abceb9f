"""Other programs' names for our keys, so that a message can name ours."""

from src.errors import suggestion

_MEANT = {
    "callbacks.early_stopping.patience": "early_stop early_stopping n_iter_no_change",
    "data": "dataset datamodule dm problem task",
    "data.batch_size": "batch batchsize bs minibatch mb_size train_batch_size",
    "data.folds": "cv kfold k_folds n_splits num_folds",
    "data.num_samples": "n_samples samples num_rows n rows",
    "data.num_workers": "workers n_workers",
    "data.path": "file filename csv input folder dir root",
    "data.shuffle_seed": "shuffle",
    "data.target": "label target_column y y_col label_column",
    "data.test_fraction": "test_size test_split split test_ratio",
    "data.num_test": "test_size test_split split n_test num_testing",
    "data.num_train": "train_size n_train num_training",
    "data.num_val": "val_size val_split validation_split n_val num_validation",
    "data.val_fraction": "val_size val_split validation_split validation_fraction val_ratio",
    "experiment": "exp config example",
    "head.loss": "criterion loss_fn loss_function objective",
    "hydra/launcher": "launcher",
    "hydra/sweeper": "sweeper",
    "input": "file filename path csv data",
    "logger": "log wandb tensorboard",
    "network": "model net arch architecture module backbone",
    "network.activation": "act activation_fn activation_function nonlinearity",
    "network.dropout": "dropout_rate drop p",
    "network.hidden_dims": (
        "dims hidden hidden_dim hidden_layer_sizes hidden_layers hidden_size hidden_sizes hidden_units layers neurons "
        "num_units units width"
    ),
    "optimizer": "optim opt solver",
    "optimizer.lr": "learning_rate learningrate lrate eta step_size base_lr init_lr",
    "optimizer.weight_decay": "wd l2 decay alpha",
    "resume": "ckpt_path checkpoint run resume_from resume_from_checkpoint",
    "run": "ckpt_path checkpoint model resume sweep folder",
    "runs_dir": "log_dir logdir output output_dir out out_dir save_dir results_dir default_root_dir",
    "scheduler": "lr_scheduler sched lr_schedule schedule",
    "seed": "random_state random_seed seeds rng",
    "sweep": "ckpt_path run runs input folder",
    "trainer.accelerator": "device gpu cuda use_gpu",
    "trainer.devices": "gpus num_gpus",
    "trainer.max_epochs": "epochs epoch num_epochs n_epochs nb_epochs max_epoch max_iter iterations",
}
_OTHERWISE = {  # keys of other projects that have no counterpart here
    "debug": "use trainer=debug",
    "hparams_search": "sweep with -m KEY=VALUE,VALUE",
    "tags": "hydra.run.dir=… names a run's folder",
    "task_name": "hydra.run.dir=… names a run's folder",
    "test": "the test split is always evaluated",
    "train": "src.train always trains",
}
_BY_NAME = [(name, key) for key, names in _MEANT.items() for name in names.split()]


def remedy(key: str, known: set[str]) -> str:
    """A remedy for an unknown `key`: its name here, what to do instead, or what `suggestion` finds among `known` keys.

    Example:
        >>> remedy("learning_rate", {"optimizer.lr", "seed"}), remedy("seeed", {"optimizer.lr", "seed"})
        ('did you mean optimizer.lr?', 'did you mean seed?')
    """
    if key in _OTHERWISE and "resume" in known:
        return _OTHERWISE[key]
    last = key.rpartition(".")[2].lower().replace("-", "_")
    if not any(name == last or name.endswith(f".{last}") for name in known):
        for name, meant in _BY_NAME:
            if name == last and meant in known:
                return f"did you mean {meant}?"
    return suggestion(key, known)
