"""Pure functions from tensors to Matplotlib figures and movies; none knows where its figure goes."""
