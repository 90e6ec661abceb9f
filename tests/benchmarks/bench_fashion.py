"""Fashion-MNIST with ten classes and every feature on, against hand-written loops: `make bench`."""

import sys
import tempfile
from pathlib import Path

from tests.benchmarks.rounds import compare, timed, timed_run

HAND_WRITTEN = str(Path(__file__).with_name("hand_written_images.py"))
EPOCHS = 3
LIMITS = {
    "epoch / torchvision loop": 0.3,
    "epoch / torchvision loop, 2 workers": 0.3,
    "epoch / sliced-tensor loop": 1.25,
}


def main() -> None:
    """Measure and print; prints a note if the data is missing."""
    data = next((folder for folder in ("data", "../shared/data") if Path(folder, "FashionMNIST").exists()), None)
    if data is None:
        sys.exit("bench_fashion: Fashion-MNIST is neither in data/ nor in ../shared/data/; not measured")
    with tempfile.TemporaryDirectory() as scratch:

        def measure(number: int) -> dict[str, float]:
            arguments = ["experiment=fashion_mlp", f"data_dir={data}", f"trainer.max_epochs={EPOCHS}"]
            _, fit = timed_run(Path(scratch, f"run_{number}"), arguments)
            loops = [("torchvision", "0"), ("torchvision", "2"), ("tensors", "0")]
            plain, workers, sliced = (float(timed([HAND_WRITTEN, k, data, n])[1].split()[0]) for k, n in loops)
            return {
                "epoch / torchvision loop": fit / EPOCHS / plain,
                "epoch / torchvision loop, 2 workers": fit / EPOCHS / workers,
                "epoch / sliced-tensor loop": fit / EPOCHS / sliced,
                "epoch, seconds": fit / EPOCHS,
            }

        compare("Fashion-MNIST, ten classes, one epoch", measure, 2, LIMITS)


if __name__ == "__main__":
    main()
