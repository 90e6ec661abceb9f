"""What may be read from a run folder that somebody else sent: data of limited size, and classes of a known kind."""
