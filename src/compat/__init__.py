"""The one room that leans on what other libraries keep to themselves, each place with its reason."""
