"""What leans on the insides of other libraries, a file for each: no other room names anything private of theirs.

Each function says why it is needed, with which version it was seen to work, and what is done where that inside is gone.
`tests/compat/` holds the contracts: after an upgrade they name the library that broke one.
"""
