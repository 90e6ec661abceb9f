"""A training replayed: copies of its weights, the epochs that are worth a picture, and what the network said then."""
