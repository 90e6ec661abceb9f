"""Output for people: results, remarks, and text that is safe to print to a terminal."""
