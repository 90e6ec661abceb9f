"""Imported first by tests: speeds up what takes time again and again and is not tested.

Nothing waits for the disk, four milliseconds per file, which only a power failure would reveal. And the entry points of
installed packages, which Lightning reads for each Trainer, are looked up once.
"""

import importlib.metadata
import os
from functools import cache

os.fsync = lambda file: None
importlib.metadata.entry_points = cache(importlib.metadata.entry_points)
