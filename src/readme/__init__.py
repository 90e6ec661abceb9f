"""What README.md takes from the code instead of saying it again: the gallery's numbers and figures, and the options."""
