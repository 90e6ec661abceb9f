"""Files and folders: whole or not there, claimed for one command, locked, listed, and removed in one place."""
