"""What the callbacks' tests share: a short training in a folder of its own."""

from collections.abc import Callable
from pathlib import Path

import lightning.pytorch as pl
import pytest
import torch

from src.data.synthetic.xor import XOR
from src.heads.binary import BinaryHead
from src.networks.mlp import MLP


@pytest.fixture
def fit(tmp_path: Path) -> Callable[..., tuple[pl.Trainer, BinaryHead]]:
    """Train a small network on XOR with some callbacks, writing to `tmp_path`."""

    def fit_with(callbacks, epochs=5, lr=0.1, steps=4, resume=None, scheduling=None, **settings):
        torch.manual_seed(0)
        datamodule = XOR(num_train=100, num_val=20, num_test=20, batch_size=30, seed=3, steps_per_execution=steps)
        network = MLP((2,), 1, [4], "tanh")
        head = BinaryHead(network, datamodule.spec, lambda p: torch.optim.SGD(p, lr=lr, momentum=0.9), scheduling)
        head.automatic_optimization = steps == 1
        trainer = pl.Trainer(
            max_epochs=epochs,
            accelerator="cpu",
            callbacks=callbacks,
            default_root_dir=tmp_path,
            logger=False,
            enable_checkpointing=any(isinstance(each, pl.callbacks.Checkpoint) for each in callbacks),
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            **settings,
        )
        trainer.fit(head, datamodule=datamodule, ckpt_path=resume, weights_only=True)
        return trainer, head

    return fit_with
