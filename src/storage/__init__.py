"""Files and folders: written atomically, claimed for one command, locked, listed, and removed in one place."""
