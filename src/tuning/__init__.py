"""Searching for good settings with Optuna: `hydra/sweeper=optuna`."""
