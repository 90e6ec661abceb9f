"""Datasets that are generated rather than loaded."""
