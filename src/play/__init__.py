"""A page on which a network trains: what serves it, and the process in which Lightning's Trainer trains."""
