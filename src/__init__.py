"""A classification lab: one command for each classic problem, such as `python -m src.train experiment=xor`."""
