"""`python -m classification_lab` is `lab`."""

from classification_lab.console import main

if __name__ == "__main__":
    main()
