"""Output for people: results, remarks, and text that is safe for a terminal."""
