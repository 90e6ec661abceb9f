"""scikit-learn's estimators on a run's own rows: what simpler and older methods come to there."""
