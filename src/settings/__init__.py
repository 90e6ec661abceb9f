"""The rules of a configuration: which values are allowed, checked before any heavy import."""
