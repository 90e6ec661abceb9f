"""Replaying a training: copies of its weights, the epochs worth showing, and the network's outputs at these."""
