"""Sweeps of networks of several widths and activations against as many of the widest: `make bench`.

A round trains both sweeps one after another in fresh processes, each measured whole: start-up, composing, training, and
writing every folder. What counts is the ratio within a round.
"""

import tempfile
from pathlib import Path

from tests.benchmarks.bench_sweep import sweep
from tests.benchmarks.rounds import compare

ROUNDS = 3
WIDTHS = 4, 8, 16, 32
ACTIVATIONS = "relu", "tanh", "gelu"  # the last is the slowest


def ratio(seeds: int, folder: Path) -> float:
    """Wall time of a sweep over all architectures, with some seeds each, relative to the slowest one alone."""
    hidden = [f"[{width}]" for width in WIDTHS]
    every = [f"network.hidden_dims={','.join(hidden)}", f"network.activation={','.join(ACTIVATIONS)}"]
    slowest = [f"network.hidden_dims={hidden[-1]}", f"network.activation={ACTIVATIONS[-1]}"]
    number = len(WIDTHS) * len(ACTIVATIONS)
    words = "hydra/launcher=vectorized", "logger=none"
    mixed = sweep(folder / "mixed", *every, f"seed=range(0,{seeds})", *words)
    uniform = sweep(folder / "uniform", *slowest, f"seed=range(0,{number * seeds})", *words)
    return mixed.seconds / uniform.seconds


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        names = {f"{seeds} seeds of 12 architectures / {12 * seeds} of the slowest": seeds for seeds in (64, 5)}

        def measure(number: int) -> dict[str, float]:
            return {name: ratio(seeds, Path(scratch, str(number), str(seeds))) for name, seeds in names.items()}

        compare("XOR, wall time of mixed sweeps", measure, ROUNDS, dict.fromkeys(names, 2.0))


if __name__ == "__main__":
    main()
