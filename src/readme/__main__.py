"""Renew the gallery and README.md: `python -m src.readme`, all of it, or `python -m src.readme xor circles`."""

import sys

from src.readme import make

if __name__ == "__main__":
    sys.exit(make.main(sys.argv[1:]))
