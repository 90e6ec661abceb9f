"""Callbacks: when to save, plot or show something."""
