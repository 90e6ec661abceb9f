"""A command with a limit on the size of its files: `python -m tests.faults.limited BYTES MODULE ARGUMENTS…`."""

import resource
import runpy
import sys

if __name__ == "__main__":
    limit, module = int(sys.argv[1]), sys.argv[2]
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))  # Python ignores SIGXFSZ, so that a write answers EFBIG
    sys.argv = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
