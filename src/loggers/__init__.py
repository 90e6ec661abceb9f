"""Loggers of metrics and figures, in addition to the run folder's files."""
