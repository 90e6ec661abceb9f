"""When to save, plot or show something."""
