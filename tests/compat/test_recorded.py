"""Recorded gradients are those of autograd, bit for bit; autograd computes what changes or cannot be recorded."""

import copy
import gc
import subprocess
import sys
import weakref

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.modules import module as modules

from src.compat import recorded
from src.compat.recorded import Recorder, is_recordable, recordings_of
from tests.compat.contracts import contract

ACTIVATIONS = [nn.Tanh, nn.Sigmoid, nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Softplus, nn.Identity]
SMOOTH = nn.CrossEntropyLoss(torch.tensor([1.0, 2.0, 0.5]), label_smoothing=0.1)
LOSSES = {
    "binary": lambda outputs, y: F.binary_cross_entropy_with_logits(outputs[:, 0], (y > 0).float()),
    "after a sigmoid": lambda outputs, y: F.binary_cross_entropy(outputs[:, 0].sigmoid(), (y > 0).float()),
    "multiclass": lambda outputs, y: F.cross_entropy(outputs, y),
    "weighted and smooth": lambda outputs, y: SMOOTH(outputs, y),
    "squares": lambda outputs, y: F.mse_loss(outputs[:, 0], y.float()),
    "Huber": lambda outputs, y: F.huber_loss(outputs[:, 0], y.float()),
}


def network_with(activation=nn.Tanh):
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(4, 5), activation(), nn.Linear(5, 4), activation(), nn.Linear(4, 3))


def batches(sizes=(8, 8, 8, 3, 3, 8, 3), dtype=torch.float32):
    torch.manual_seed(1)
    return [(torch.randn(size, 2, 2, dtype=dtype), torch.randint(0, 3, (size,))) for size in sizes]


def forward_of(network, loss=LOSSES["multiclass"]):
    def forward(batch):
        outputs = network(batch[0])
        return outputs, loss(outputs, batch[1])

    return forward


class Setting(Recorder):
    """A recorder that leaves the gradients in the parameters."""

    def __call__(self, batch):
        logits, loss, gradients = super().__call__(batch)
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            parameter.grad = gradient
        return logits, loss


def recorder_for(network, forward=None, optimizer=None, parameters=None):
    parameters = list(network.parameters()) if parameters is None else parameters
    optimizer = optimizer or torch.optim.SGD(parameters, lr=0.1)
    frozen = [each for each in network.parameters() if not each.requires_grad]
    known = recordings_of(optimizer, [*network.modules(), *parameters, *frozen])
    return Setting(forward or forward_of(network), parameters, [*frozen, SMOOTH.weight], known), optimizer


def repeated():
    """A network, its recorder and optimizer after three steps with a minibatch, and the minibatch."""
    network = network_with()
    recorder, optimizer = recorder_for(network)
    (batch,) = batches([8])
    for _ in range(3):
        recorder(batch)
    return network, recorder, optimizer, batch


def check_trained_alike(network, forward_of_network, rows):
    """Train a network by a recorder and its copy by autograd."""
    plain = copy.deepcopy(network)
    recorder, optimizer = recorder_for(network, forward_of_network(network))
    ordinary = torch.optim.SGD(plain.parameters(), lr=0.1)
    forward = forward_of_network(plain)
    for batch in rows:
        logits, loss = recorder(batch)
        optimizer.step()
        expected_logits, expected = forward(batch)
        ordinary.zero_grad()
        expected.backward()
        ordinary.step()
        assert torch.equal(logits, expected_logits)
        assert torch.equal(loss, expected)
        assert logits.requires_grad is loss.requires_grad is False
        for parameter, other in zip(network.parameters(), plain.parameters(), strict=True):
            assert torch.equal(parameter.grad, other.grad)
            assert torch.equal(parameter, other)
    return recorder


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_recorded_gradients_are_those_of_autograd(activation, loss):
    with contract(is_recordable, "torch"):
        recorder = check_trained_alike(network_with(activation), lambda network: forward_of(network, loss), batches())
        assert [each is not None and each.is_checked for each in recorder.recordings.values()] == [True, True]


def test_a_recording_computes_instead_of_the_network():
    network = network_with()
    calls = []

    def forward(batch):
        calls.append(len(batch[0]))
        return forward_of(network)(batch)

    recorder, _ = recorder_for(network, forward)
    for batch in batches([8, 8, 8, 8, 3, 8, 3, 3]):
        recorder(batch)
    assert calls == [8, 8, 3, 3], "each shape is recorded once and checked once"
    with contract(is_recordable, "torch"):
        assert all("aten.detach" not in each.run.__self__.code for each in recorder.recordings.values())


def test_the_losses_of_several_networks_are_recorded():
    """Their sum is differentiated."""
    weights = torch.randn(3, 4, 2, requires_grad=True)
    x = torch.randn(3, 4, 8)

    def forward(batch):
        outputs = torch.bmm(weights.transpose(1, 2), batch[0])
        return outputs, outputs.square().mean((1, 2))

    recorder = Recorder(forward, [weights], [], {})
    for _ in range(4):
        _, losses, (gradient,) = recorder((x,))
        expected = forward((x,))[1]
        assert torch.equal(losses, expected)
        assert torch.equal(gradient, torch.autograd.grad(expected.sum(), weights)[0])
    assert [each.is_checked for each in recorder.recordings.values()] == [True]


def test_what_depends_on_no_input_is_computed_once():
    weights = torch.randn(3, 4, requires_grad=True)

    def forward(batch):
        outputs = batch[0] @ weights
        return outputs, outputs.square().mean()

    recorder = Recorder(forward, [weights], [], {})
    for number in range(4):
        x = torch.randn(8, 3)
        _, loss, (gradient,) = recorder((x,))
        expected = forward((x,))[1]
        assert torch.equal(loss, expected), number
        assert torch.equal(gradient, torch.autograd.grad(expected, weights)[0]), number
    with contract(is_recordable, "torch"):
        (recording,) = recorder.recordings.values()
        assert recording.constants, "the gradient of a mean"
        assert "div" not in recording.run.__self__.code


def test_a_gradient_that_never_changes_may_be_changed_by_who_gets_it():
    """Clipping scales gradients in place."""
    weights = torch.randn(3, requires_grad=True)
    recorder = Recorder(lambda batch: (batch[0] * weights.detach(), weights.mean()), [weights], [], {})
    for number in range(5):
        _, _, (gradient,) = recorder((torch.randn(8, 3),))
        assert torch.equal(gradient, torch.full((3,), 1 / 3)), number
        gradient.mul_(2)


@pytest.mark.parametrize("change", [lambda ones: ones.mul_(2), lambda ones: ones.view(-1).add_(1)])
def test_a_constant_that_is_changed_in_place_is_computed_in_each_step(change):
    weights = torch.randn(3, requires_grad=True)

    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.sum()

        @staticmethod
        def backward(ctx, gradient):
            ones = torch.mul(gradient, 1)
            change(ones)
            return ones.expand(3) * 1

    recorder = Recorder(lambda batch: (batch[0] * 1, Doubled.apply(weights) + batch[0].sum()), [weights], [], {})
    for number in range(5):
        _, _, (gradient,) = recorder((torch.randn(8),))
        assert torch.equal(gradient, torch.full((3,), 2.0)), number


def test_double_precision_is_recorded():
    network = network_with().double()
    recorder = check_trained_alike(network, forward_of, batches(dtype=torch.float64))
    assert all(each.is_checked for each in recorder.recordings.values())


def test_what_changes_by_its_values_is_never_computed_by_a_recording():
    network = network_with()

    def forward_of_network(network):
        def forward(batch):
            outputs = network(batch[0])
            return outputs, outputs.square().mean() if outputs.sum() > 0 else outputs.abs().mean()

        return forward

    recorder = check_trained_alike(network, forward_of_network, batches([8] * 6))
    assert list(recorder.recordings.values()) == [None]


def test_a_loss_that_changes_between_its_first_two_steps_is_computed_by_autograd():
    def forward_of_network(network):
        steps = iter(range(100))

        def forward(batch):
            outputs = network(batch[0])
            return outputs, outputs.square().mean() * (1 + next(steps))

        return forward

    recorder = check_trained_alike(network_with(), forward_of_network, batches([8] * 6))
    assert list(recorder.recordings.values()) == [None]


def test_a_tensor_that_may_be_another_one_next_time_is_not_recorded():
    def forward_of_network(network):
        def forward(batch):
            outputs = network(batch[0])
            return outputs, (outputs * torch.tensor([1.0, 2.0, 3.0])).square().mean()

        return forward

    recorder = check_trained_alike(network_with(), forward_of_network, batches([8] * 4))
    assert list(recorder.recordings.values()) == [None]


def test_weights_that_change_in_place_are_seen():
    """Between two steps, as by a callback or a resumed checkpoint."""
    network = network_with()
    other = network_with(nn.ReLU).state_dict()
    recorder, _ = recorder_for(network)
    for batch in batches([8] * 4):
        recorder(batch)
    network.load_state_dict({name: value * 2 for name, value in other.items()})
    (batch,) = batches([8])
    _, loss = recorder(batch)
    assert torch.equal(loss, forward_of(network)(batch)[1])


def test_frozen_weights_are_recorded_anew():
    network, _, optimizer, batch = repeated()
    network[1].requires_grad_(False)
    again, _ = recorder_for(network, None, optimizer, [each for each in network.parameters() if each.requires_grad])
    assert again.recordings == {}
    for _ in range(3):
        again(batch)
    _, loss = forward_of(network)(batch)
    parameters = [each for each in network.parameters() if each.requires_grad]
    expected = torch.autograd.grad(loss, parameters)
    assert all(map(torch.equal, [each.grad for each in parameters], expected))


def test_recordings_end_with_their_optimizer():
    network, recorder, optimizer, _ = repeated()
    again = recorder_for(network, None, optimizer)[0]
    assert again.recordings is recorder.recordings
    gone = weakref.ref(next(iter(again.recordings.values())).run.__self__)
    del optimizer, recorder, again
    gc.collect()
    assert gone() is None


def test_only_a_few_shapes_are_recorded():
    network = network_with()
    recorder = check_trained_alike(network, forward_of, batches([*range(1, 14), *range(1, 14), *range(1, 14)]))
    assert len(recorder.recordings) == recorded._MOST


def hooked(network):
    network[1].register_forward_hook(lambda *_: None)


def watched(network):
    network[1].weight.register_hook(lambda gradient: gradient * 2)


def with_its_own_forward(network):
    network[1].forward = lambda x: x


@pytest.mark.parametrize("change", [hooked, watched, with_its_own_forward])
def test_what_somebody_watches_is_computed_by_autograd(change):
    network = network_with()
    change(network)
    assert not is_recordable(network)


def test_a_hook_for_all_modules_is_seen():
    hook = modules.register_module_forward_hook(lambda *_: None)
    try:
        assert not is_recordable(network_with())
    finally:
        hook.remove()
    assert is_recordable(network_with())


@pytest.mark.parametrize("layer", [nn.Dropout(0.5), nn.BatchNorm1d(3), nn.LazyLinear(3), nn.Hardtanh()])
def test_other_layers_are_computed_by_autograd(layer):
    assert not is_recordable(nn.Sequential(*network_with(), layer))


def test_an_anomaly_is_looked_for_by_autograd():
    network = network_with()
    with torch.autograd.detect_anomaly(check_nan=True):
        assert not is_recordable(network)


def test_mixed_precision_is_computed_by_autograd():
    network = network_with()
    with torch.autocast("cpu", torch.bfloat16):
        assert not is_recordable(network)
    assert not is_recordable(network.bfloat16())


def test_recording_imports_no_compiler_and_no_algebra():
    """They would take a second."""
    words = "import sys; from tests.compat.test_recorded import repeated; repeated(); print('sympy' in sys.modules)"
    code = f"import src.command.startup as s\nwith s.lean_imports(): import torch\n{words}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["False"], done.stderr


def test_a_diverging_loss_is_recorded_like_any_other():
    network = network_with()
    rows = [(x * 1e30, y) for x, y in batches([8] * 4)]
    recorder, _ = recorder_for(network)
    losses = [recorder(batch)[1] for batch in rows]
    expected = [forward_of(network)(batch)[1] for batch in rows]
    assert [loss.item() for loss in losses] == pytest.approx([loss.item() for loss in expected], nan_ok=True)
