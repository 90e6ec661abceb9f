"""Runs: training them, and opening their folders again to evaluate, predict and export."""
