"""Image datasets: held as uint8, scaled and augmented minibatch by minibatch."""
