"""What runs have left, read and compared: settings over their seeds, curves and boundaries side by side."""
