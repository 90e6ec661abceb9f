"""Imported last where commands begin as copies: a collection of garbage there copies no page of what is imported."""

import gc

gc.collect()
gc.freeze()
