"""Update the gallery and the pages: `python -m src.readme` for all of it, or `python -m src.readme xor circles`."""

import sys

from src.readme import make

if __name__ == "__main__":
    sys.exit(make.main(sys.argv[1:]))
