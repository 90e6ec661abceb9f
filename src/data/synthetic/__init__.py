"""Datasets that are drawn rather than loaded."""
