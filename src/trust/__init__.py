"""What may be taken from a run folder that somebody else sent: data within bounds, and classes of a known kind."""
