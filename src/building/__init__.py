"""From a checked configuration to the objects of a run: dataset, network, head and Trainer, and how it steps."""
