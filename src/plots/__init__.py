"""Pure functions from tensors to Matplotlib figures and movies; they do not decide where a figure goes."""
