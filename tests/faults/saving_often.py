"""`src.train` that writes a checkpoint after each block of minibatches, so that kills fall between and into them."""

import runpy

from src.callbacks import model_checkpoint

if __name__ == "__main__":
    model_checkpoint._SECONDS_WITHIN_EPOCH = 0.0
    runpy.run_module("src.train", run_name="__main__")
