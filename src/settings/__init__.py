"""The rules of a configuration: which values are allowed, checked before anything heavy is imported."""
