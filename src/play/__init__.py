"""A page on which a network trains: its server, and the processes in which Lightning's Trainer runs."""
