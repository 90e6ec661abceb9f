"""From a checked configuration to the objects of a run: dataset, network, head, Trainer and the plan of its steps."""
