"""Hand-written loops for noisy XOR to compare with: plain PyTorch, nothing else.

    python tests/benchmarks/hand_written.py dataloader rows.pt
    python tests/benchmarks/hand_written.py tensors rows.pt

`rows.pt` holds the training and test rows. Prints the seconds of the loop alone, and the test accuracy.
"""

import sys
import time

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

EPOCHS, BATCH_SIZE = 200, 128


class Rows(Dataset):
    """Rows one at a time, as tutorials write it."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index], self.y[index]


class SlicedTensors:
    """Shuffled minibatches cut out of whole tensors."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __iter__(self):
        order = torch.randperm(len(self.x))
        x, y = self.x[order], self.y[order]
        return zip(x.split(BATCH_SIZE), y.split(BATCH_SIZE), strict=True)


def main(kind, path):
    torch.manual_seed(0)
    train_x, train_y, test_x, test_y = torch.load(path)
    if kind == "dataloader":
        batches = DataLoader(Rows(train_x, train_y.float()), batch_size=BATCH_SIZE, shuffle=True)
    else:
        torch.set_num_threads(1)  # faster for a network of 17 parameters
        batches = SlicedTensors(train_x, train_y.float())
    network = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.03)

    start = time.perf_counter()
    for _ in range(EPOCHS):
        total = 0.0
        for x, y in batches:
            optimizer.zero_grad()
            loss = criterion(network(x).squeeze(1), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
    seconds = time.perf_counter() - start

    with torch.no_grad():
        accuracy = ((network(test_x).squeeze(1) > 0) == test_y).float().mean().item()
    print(seconds, accuracy)


if __name__ == "__main__":
    main(*sys.argv[1:])
