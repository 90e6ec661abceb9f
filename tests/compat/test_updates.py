"""Updates of all parameters at once are those of torch.optim, bit for bit, whatever the optimizer's settings."""

import copy
from functools import partial
from itertools import product

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW

from src.compat import updates
from src.compat.updates import update_of

MAKERS = {
    **{
        f"SGD {momentum} {decay} {nesterov}": partial(
            SGD, lr=0.1, momentum=momentum, weight_decay=decay, nesterov=nesterov
        )
        for momentum, decay, nesterov in product([0.0, 0.9], [0.0, 0.01], [False, True])
        if momentum or not nesterov
    },
    "SGD dampened": partial(SGD, lr=0.1, momentum=0.9, dampening=0.3),
    **{
        f"{kind.__name__} {decay}": partial(kind, lr=0.05, betas=(0.8, 0.99), weight_decay=decay)
        for kind, decay in product([Adam, AdamW], [0.0, 0.1])
    },
}


def trained(make, quick, steps=30, change=lambda step, network, optimizer: optimizer):
    """A network's parameters and its optimizer's state after some steps."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))
    optimizer = make(network.parameters())
    for group in optimizer.param_groups:
        group["foreach"] = False
    step = update_of(optimizer, optimizer.step) if quick else optimizer.step
    for number in range(steps):
        optimizer.zero_grad()
        network(torch.randn(8, 3)).square().mean().backward()
        again = change(number, network, optimizer)
        if again is not optimizer:
            optimizer = again
            step = update_of(optimizer, optimizer.step) if quick else optimizer.step
        step()
    return [parameter.detach() for parameter in network.parameters()], optimizer.state_dict()


def check_alike(make, **how):
    (expected, expected_state), (found, state) = trained(make, False, **how), trained(make, True, **how)
    assert all(map(torch.equal, found, expected))
    assert state["param_groups"] == expected_state["param_groups"]
    assert state["state"].keys() == expected_state["state"].keys()
    for number, of_parameter in expected_state["state"].items():
        for name, value in of_parameter.items():
            assert value is state["state"][number][name] is None or torch.equal(value, state["state"][number][name])


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_many_steps_give_the_same_bits_and_the_same_state(make):
    check_alike(make)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_schedule_of_rate_and_momentum_is_followed(make):
    def change(number, network, optimizer):
        (group,) = optimizer.param_groups
        group["lr"] = 0.1 / (1 + number)
        if group.get("momentum"):
            group["momentum"] = 0.8 + 0.01 * number / 3
        elif "betas" in group:
            group["betas"] = (0.8 + 0.001 * number, 0.99)
        return optimizer

    check_alike(make, change=change)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_parameter_without_a_gradient_is_left_out_of_a_step(make):
    def change(number, network, optimizer):
        if number % 7 == 3:
            network[0].weight.grad = None
        return optimizer

    check_alike(make, change=change)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_two_groups_of_parameters_keep_their_rates(make):
    def in_two(parameters):
        first, *others = parameters
        return make([{"params": [first], "lr": 0.01}, {"params": others}])

    check_alike(in_two)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_restored_state_is_gone_on_with(make):
    def change(number, network, optimizer):
        if number != 10:
            return optimizer
        again = make(network.parameters())
        again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        return again

    check_alike(make, change=change)


@pytest.mark.parametrize(
    "make",
    [
        partial(torch.optim.RMSprop, lr=0.1),
        partial(Adam, lr=0.1, amsgrad=True),
        partial(SGD, lr=0.1, maximize=True),
        partial(SGD, lr=torch.tensor(0.1)),
        type("Own", (SGD,), {}),
    ],
)
def test_what_is_not_known_keeps_its_own_step(make):
    optimizer = make([nn.Parameter(torch.ones(2))])
    assert update_of(optimizer, optimizer.step) == optimizer.step


def test_an_update_is_used(monkeypatch):
    used = []
    monkeypatch.setattr(updates.torch, "_foreach_add_", lambda *_, **__: used.append(1))
    trained(partial(SGD, lr=0.1), quick=True, steps=1)
    assert used == [1]
