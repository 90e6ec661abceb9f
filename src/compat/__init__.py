"""Everything that relies on the internals of other libraries, one file each: no other package uses their private names.

Each function says why it is needed, with which versions it was tested, and what happens without the internal.
`tests/compat/` holds the contract tests: after an upgrade they name the library that broke one.
"""
