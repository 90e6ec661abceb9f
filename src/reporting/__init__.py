"""What a person is told: results, remarks, and text that a terminal can be given."""
