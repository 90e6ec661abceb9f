"""A member's checkpoints in Lightning's format, as a single run would have written them."""

from dataclasses import asdict
from typing import Any

from lightning.pytorch import callbacks
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason
from torch import Tensor

from src.callbacks.model_checkpoint import ModelCheckpoint
from src.stacking.history import States
from src.stacking.members import Member
from src.stacking.module import StackModule
from src.stacking.network import StackedNetwork, named
from src.storage.folders import RunFolder
from src.storage.saving import save


class Checkpoints:
    """Writes `best.ckpt` and `last.ckpt` of members.

    Args:
        module: The stack after training.
        network: The networks of all its runs.
        stopping: The early stopping that a single run would have; None if it is off.
        best: The ModelCheckpoint that a single run would have.
    """

    def __init__(
        self,
        module: StackModule,
        network: StackedNetwork,
        stopping: callbacks.EarlyStopping | None,
        best: ModelCheckpoint,
    ) -> None:
        self.module, self.network, self.stopping, self.best = module, network, stopping, best
        head = module.head
        self.group = dict(head.make_optimizer(head.parameters()).param_groups[0])

    def write(self, run: int, member: Member) -> None:
        """Write the checkpoints of a `member`, `run` of the stack; one that failed in its first epoch has none."""
        history = self.module.history
        files = RunFolder(member.folder)
        for path, states in ((files.best_checkpoint, history.best), (files.last_checkpoint, history.last)):
            if states.epoch[run]:
                files.checkpoints.mkdir(exist_ok=True)
                save(self._checkpoint(run, member, states), path)

    def _checkpoint(self, run: int, member: Member, states: States) -> dict[str, Any]:
        checkpoint = dict(self.module.history.progress[states.epoch[run]])
        checkpoint["state_dict"] = self._named(member, states.tensors["params"][run])
        checkpoint["callbacks"] = self._callbacks(run, states, RunFolder(member.folder.resolve()))
        checkpoint["optimizer_states"] = [self._optimizer_state(run, member, states, checkpoint["global_step"])]
        checkpoint["lr_schedulers"] = states.schedulers[run]
        drawn = states.tensors.get("rng_state")
        checkpoint["rng_state"] = member.rng_state if drawn is None else drawn[run].clone()
        assert member.data is not None
        checkpoint["spec"] = asdict(member.data.spec)
        if scaler := member.data.state_dict():
            checkpoint[type(member.data).__qualname__] = scaler
        return checkpoint

    def _named(self, member: Member, row: Tensor) -> dict[str, Tensor]:
        """The part of a `row` [P] that belongs to each parameter and buffer of a member's network, by its name."""
        assert member.network is not None
        return {f"network.{name}": piece for name, piece in named(member.network, self.network, row).items()}

    def _optimizer_state(self, run: int, member: Member, states: States, steps: int) -> dict[str, Any]:
        """The optimizer's state, as from `Optimizer.state_dict`."""
        optimizer, tensors = self.module.optimizer, states.tensors
        now = {name: tensors[name][run].item() if name in tensors else own for name, own in member.hyperparams.items()}
        group = self.group | self.module.schedules.marks[run]
        group |= {name: now[name] for name in ("lr", "momentum", "weight_decay", "eps") if name in group}
        if "betas" in group:
            group["betas"] = (now["beta1"], now["beta2"])
        parts = {name: self._named(member, states.tensors[name][run]) for name in optimizer.state}
        state = {}
        assert member.network is not None
        for number, (name, _) in enumerate(member.network.named_parameters(prefix="network")):
            pieces = {kind: part[name] for kind, part in parts.items()}
            if known := optimizer.torch_state(pieces, now, steps):
                state[number] = known
        group["params"] = list(range(number + 1))
        return {"state": state, "param_groups": [group]}

    def _callbacks(self, run: int, states: States, files: RunFolder) -> dict[str, Any]:
        history = self.module.history
        found = {}
        if self.stopping is not None:
            stopping = self.stopping
            stopping.wait_count = int(states.tensors["waited"][run])
            stopping.best_score = states.tensors["stop_best"][run].clone()
            stopping.stopping_reason = EarlyStoppingReason(int(states.tensors["stop_reason"][run]))
            stopping.stopped_epoch = (
                0 if stopping.stopping_reason is EarlyStoppingReason.NOT_STOPPED else states.epoch[run] - 1
            )
            stopping.stopping_reason_message = None
            found[stopping.state_key] = stopping.state_dict()
        best = self.best
        best.dirpath = str(files.checkpoints)
        if history.best.epoch[run]:
            path, score = str(files.best_checkpoint), states.tensors["best"][run].clone()
            best.best_model_path, best.best_model_score, best.current_score = path, score, score
            best.tied = states.tensors["tied"][run].item() if best.rule.ties == "loss" else best.tied
            best.best_k_models, best.kth_best_model_path, best.kth_value = {path: score}, path, score
        found[best.state_key] = best.state_dict()
        return found
