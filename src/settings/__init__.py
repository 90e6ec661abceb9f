"""The rules of a configuration: what values may be, checked before anything heavy is imported."""
