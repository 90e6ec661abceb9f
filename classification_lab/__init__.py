"""The lab as it is installed: its version, the command `lab` and, in a wheel, the files of `conf/`."""

__version__ = "0.1.0"
