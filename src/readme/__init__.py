"""The parts of README.md and docs/ that are generated from the code: the gallery and the options."""
