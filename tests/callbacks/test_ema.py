"""`callbacks=ema`: the moving average, computed by hand, is what is validated, kept and tested."""

import torch

from src.storage.folders import RunFolder
from tests.commands import run

WORDS = ("experiment=xor", "data.num_train=60", "data.num_val=40", "data.batch_size=60", "optimizer.lr=1.0")
LAST_EPOCH = "callbacks.model_checkpoint.monitor=null"


def weights(done):
    return torch.nn.utils.parameters_to_vector(done.parts.head.network.parameters()).detach()


def test_the_average_is_that_by_hand(train):
    """With one step per epoch, shorter trainings end with the weights of the earlier steps."""
    steps = [weights(train(*WORDS, LAST_EPOCH, f"trainer.max_epochs={n}", folder=f"{n}")) for n in range(1, 6)]
    average = steps[0]  # an average of nothing is the first weights
    for each in steps[1:]:
        average = 0.7 * average + 0.3 * each
    words = [*WORDS, LAST_EPOCH, "trainer.max_epochs=5", "callbacks=ema", "callbacks.ema.decay=0.7"]
    done = train(*words, folder="averaged")
    torch.testing.assert_close(weights(done), average)
    assert not torch.allclose(average, steps[-1], rtol=0.01)
    x, y = done.parts.datamodule.splits.val
    with torch.no_grad():
        loss = torch.nn.functional.binary_cross_entropy_with_logits(done.parts.head.network(x).squeeze(1), y.float())
    assert abs(float(loss) - done.metrics["val/loss"]) < 1e-6


def test_a_resumed_average_goes_on(tmp_path):
    words = ["src.train", *WORDS, "callbacks=ema", "callbacks.ema.decay=0.9", "callbacks.figures=null", "logger=none"]
    for name, epochs in (("whole", 6), ("parts", 3)):
        assert run([*words, f"trainer.max_epochs={epochs}", f"hydra.run.dir={tmp_path / name}"]).returncode == 0
    done = run(["src.train", f"resume={tmp_path / 'parts'}", "trainer.max_epochs=6"])
    assert done.returncode == 0, done.stderr
    whole, parts = (torch.load(RunFolder(tmp_path / name).last_checkpoint)["state_dict"] for name in ("whole", "parts"))
    assert whole.keys() == parts.keys()
    assert all(torch.equal(value, parts[name]) for name, value in whole.items())
