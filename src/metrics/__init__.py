"""Pure functions from probabilities, predictions and labels to scores, curves, thresholds and intervals.

One convention for all: the task is `binary`, `multiclass` or `multilabel`; probabilities are [N, C], column 1 being the
positive class of a binary task, or [N, L] for labels; labels y and predictions are [N], or 0 and 1 in [N, L].
Everything is computed in float64 on the CPU.
"""
