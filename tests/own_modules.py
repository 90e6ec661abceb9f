"""Modules as written by users of Lightning who do not know this project."""

import lightning.pytorch as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from src.spec import DataSpec


class Classifier(pl.LightningModule):
    """Two classes of points in the plane; logs `val_loss` and so on."""

    def __init__(self, lr=0.05, width=8):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(2, width), nn.Tanh(), nn.Linear(width, 2))

    def forward(self, x):
        return self.net(x)

    def loss(self, batch, stage):
        x, y = batch
        logits = self(x)
        loss = nn.functional.cross_entropy(logits, y)
        self.log(f"{stage}_loss", loss, on_step=False, on_epoch=True)
        self.log(f"{stage}_accuracy", (logits.argmax(1) == y).float().mean(), on_step=False, on_epoch=True)
        return loss

    def training_step(self, batch, batch_idx):
        return self.loss(batch, "train")

    def validation_step(self, batch, batch_idx):
        self.loss(batch, "val")

    def test_step(self, batch, batch_idx):
        self.loss(batch, "test")

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)


class Quadrants(pl.LightningDataModule):
    """Points whose class is the sign of the product of their coordinates."""

    def __init__(self, num_rows=256):
        super().__init__()
        self.num_rows = num_rows

    def loader(self, num_rows, seed, shuffle=False):
        x = torch.rand(num_rows, 2, generator=torch.Generator().manual_seed(seed)) * 2 - 1
        return DataLoader(TensorDataset(x, (x.prod(dim=1) > 0).long()), batch_size=32, shuffle=shuffle)

    def train_dataloader(self):
        return self.loader(self.num_rows, seed=0, shuffle=True)

    def val_dataloader(self):
        return self.loader(96, seed=1)

    def test_dataloader(self):
        return self.loader(96, seed=2)


class QuadrantsWithSpec(Quadrants):
    """The same, with the spec that a head of this project needs."""

    spec = DataSpec("binary", input_shape=(2,), class_names=("odd", "even"))


class ImagesWithSpec(Quadrants):
    """Says that its rows are images."""

    spec = DataSpec("binary", input_shape=(1, 8, 8), class_names=("odd", "even"))


class WrongSize(nn.Module):
    """A network that takes rows of another size."""

    def __init__(self, input_shape, num_outputs):
        super().__init__()
        self.layer = nn.Linear(input_shape[0] + 1, num_outputs)

    def forward(self, x):
        return self.layer(x)


class TooMany(WrongSize):
    """A network with outputs that no head can use."""

    def forward(self, x):
        return x.repeat(1, 5)
