"""Whether two run folders hold the same run to the last bit."""

import json

import torch


def final_state(folder):
    state = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
    parts = ("state_dict", "optimizer_states", "lr_schedulers", "rng_state", "global_step")
    return {key: state[key] for key in parts if key in state}  # only our own heads keep the random numbers' state


def equal(one, other):
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return one == other


def measured(folder):
    metrics = json.loads((folder / "metrics.json").read_text())
    del metrics["fit_seconds"]
    return metrics


def assert_same_run(folder, reference):
    assert equal(final_state(folder), final_state(reference))
    assert measured(folder) == measured(reference)
    assert (folder / "metrics.csv").read_text() == (reference / "metrics.csv").read_text()
