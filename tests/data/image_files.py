"""Small image datasets on disk, made by the tests."""

import numpy as np
from PIL import Image

IDX = {"train": "train", "test": "t10k"}


def write_idx(folder, num_train=60, num_test=20, seed=0):
    """A FashionMNIST of random images, `num_train` and `num_test` of them, ten classes in turn."""
    raw = folder / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    stream = np.random.RandomState(seed)
    for split, count in (("train", num_train), ("test", num_test)):
        labels = np.arange(count) % 10
        images = stream.randint(0, 40, (count, 28, 28)) + 20 * labels[:, None, None]
        for name, numbers in (("images-idx3", images), ("labels-idx1", labels)):
            head = bytes([0, 0, 8, numbers.ndim]) + b"".join(size.to_bytes(4, "big") for size in numbers.shape)
            (raw / f"{IDX[split]}-{name}-ubyte").write_bytes(head + numbers.astype(np.uint8).tobytes())
    return raw


def write_pngs(folder, classes=("cat", "dog"), each=10, sizes=((12, 20), (30, 16)), seed=0):
    """Colour pictures of several sizes, each class of another brightness."""
    stream = np.random.RandomState(seed)
    for label, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for number in range(each):
            height, width = sizes[number % len(sizes)]
            pixels = stream.randint(0, 60, (height, width, 3)) + 180 * label // max(1, len(classes) - 1)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{number:02d}.png")
    return folder
