"""What is done with a run: it is trained, and its folder opened again to evaluate, predict and export."""
