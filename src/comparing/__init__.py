"""Finished runs read and compared: settings over their seeds, curves and boundaries side by side."""
