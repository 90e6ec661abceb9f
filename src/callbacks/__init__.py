"""When to save, plot or show something, and where to."""
