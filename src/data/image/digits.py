"""The handwritten digits that come with scikit-learn: real images without a download."""

import torch

from src.data.image.base import Collection, ImageDataModule
from src.data.image.drawing import Way, shades
from src.data.rows import Rows


class Digits(ImageDataModule):
    """1797 grey images of 8×8 pixels, ten classes: scikit-learn's `load_digits`."""

    drawn_as: Way = "digits"

    def read(self) -> Collection:
        """Read the images; their sixteen shades become 0 to 255."""
        from sklearn.datasets import load_digits

        digits = load_digits()
        rows = Rows(shades(torch.from_numpy(digits.images)).unsqueeze(1), torch.from_numpy(digits.target).long())
        return Collection({"train": rows}, tuple(str(name) for name in digits.target_names))
