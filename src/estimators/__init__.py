"""Baselines: scikit-learn's estimators on a run's own rows."""
