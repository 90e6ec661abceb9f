"""Replaying a training: copies of its weights, the epochs worth a picture, and the network's outputs then."""
