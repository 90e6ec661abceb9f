"""Pure functions from tensors to Matplotlib figures; none knows where its figure goes."""
