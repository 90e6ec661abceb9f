"""The command line as a person writes it: flags, paths of any letters, and answers to mistakes."""
