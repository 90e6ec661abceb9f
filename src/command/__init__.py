"""The command line as people write it: flags, paths in any script, and helpful errors."""
