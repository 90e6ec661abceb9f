"""`src.train` writing a checkpoint after each block to a slow disk: kills happen between and during writes."""

import os
import runpy
import time

from src.callbacks import model_checkpoint

_SECONDS = 0.005  # for which the disk lets one wait

if __name__ == "__main__":
    model_checkpoint._SECONDS_WITHIN_EPOCH = 0.0
    flush = os.fsync
    os.fsync = lambda file: (time.sleep(_SECONDS), flush(file))[1]
    runpy.run_module("src.train", run_name="__main__")
