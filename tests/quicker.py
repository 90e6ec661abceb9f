"""Imported first by tests: speeds up what takes time again and again and is not tested.

Nothing waits for the disk, four milliseconds per file, which only a power failure would reveal. The entry points of
installed packages, which Lightning reads for each Trainer, are looked up once. And compiled bytecode is kept, even
where the shell has PYTHONDONTWRITEBYTECODE set: without it each process compiles for up to ten seconds. And jsonschema
does without its checks of addresses, whose grammars take three seconds to compile.
"""

import importlib.metadata
import os
import sys
from functools import cache

os.fsync = lambda file: None
importlib.metadata.entry_points = cache(importlib.metadata.entry_points)
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
