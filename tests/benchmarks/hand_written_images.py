"""Hand-written loops for Fashion-MNIST with ten classes: plain PyTorch and torchvision.

    python tests/benchmarks/hand_written_images.py torchvision DATA_DIR NUM_WORKERS
    python tests/benchmarks/hand_written_images.py tensors DATA_DIR

Prints the seconds of one epoch over 50,000 images, and the test accuracy after it.
"""

import sys
import time
from itertools import pairwise

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import FashionMNIST
from torchvision.transforms import Compose, Normalize, ToTensor

BATCH_SIZE = 64


class SlicedTensors:
    """Shuffled minibatches cut out of one float tensor."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __iter__(self):
        for rows in torch.randperm(len(self.x)).split(BATCH_SIZE):
            yield self.x[rows], self.y[rows]


def main(kind, data_dir, num_workers="0"):
    torch.manual_seed(0)
    test = FashionMNIST(data_dir, train=False)
    rows = torch.randperm(60_000)[:50_000]
    if kind == "torchvision":
        train = FashionMNIST(data_dir, transform=Compose([ToTensor(), Normalize(0.5, 0.5)]))
        batches = DataLoader(Subset(train, rows.tolist()), BATCH_SIZE, shuffle=True, num_workers=int(num_workers))
    else:
        train = FashionMNIST(data_dir)
        batches = SlicedTensors(train.data[rows].unsqueeze(1).float() / 127.5 - 1, train.targets[rows])
    sizes = [784, 256, 128, 64]
    layers = [layer for n, m in pairwise(sizes) for layer in (nn.Linear(n, m), nn.ReLU())]
    network = nn.Sequential(nn.Flatten(), *layers, nn.Linear(64, 10))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)

    start = time.perf_counter()
    total = 0.0
    for x, y in batches:
        optimizer.zero_grad()
        loss = criterion(network(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    seconds = time.perf_counter() - start

    with torch.no_grad():
        accuracy = (network(test.data.float() / 127.5 - 1).argmax(1) == test.targets).float().mean().item()
    print(seconds, accuracy)


if __name__ == "__main__":
    main(*sys.argv[1:])
