"""Imported first where tests run: what takes time again and again and that no test is about.

Nothing waits for the disk, four milliseconds a file; only a loss of power would show it. And what the installed
packages plug into each other, which Lightning asks for each Trainer, is looked up once.
"""

import importlib.metadata
import os
from functools import cache

os.fsync = lambda file: None
importlib.metadata.entry_points = cache(importlib.metadata.entry_points)
