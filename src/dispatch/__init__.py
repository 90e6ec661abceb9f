"""Sweeps on several machines: stacks submitted to the workers of a cluster."""
