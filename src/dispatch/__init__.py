"""Sweeps on more machines: stacks handed to the workers of a cluster."""
