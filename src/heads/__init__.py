"""LightningModules: a network with the loss, the predictions and the metrics of its task."""
