"""Image datasets: held as uint8, scaled and augmented a minibatch at a time."""
