"""A classification lab: every classic problem is one command, `python -m src.train experiment=xor`."""
