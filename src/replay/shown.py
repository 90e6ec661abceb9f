"""Which trainings a page can show: those of a single network of plain layers, whose outputs it can compute itself."""

from typing import Any, Literal

from src.errors import ConfigError
from src.heads.base import Head
from src.heads.binary import BinaryHead
from src.heads.multiclass import MulticlassHead
from src.heads.ours import as_head
from src.heads.regression import RegressionHead
from src.networks.layers import plain_layers
from src.spec import DataSpec

Answer = Literal["binary", "multiclass", "regression"]
"""The meaning of a network's outputs: one logit, a logit for each class, or a value."""

MOST_CLASSES = 50
_HEADS: dict[Answer, type[Head]] = {"binary": BinaryHead, "multiclass": MulticlassHead, "regression": RegressionHead}
_ANSWERING = "forward", "run_network", "logits", "probabilities", "predictions"


def answer_of(head: Head) -> Answer | None:
    """The meaning of a `head`'s outputs; None if the page does not know it."""
    for name, known in _HEADS.items():
        if isinstance(head, known) and all(getattr(type(head), each) is getattr(known, each) for each in _ANSWERING):
            return name
    return None


def check_shown(module: Any, asked: str) -> Head:
    """The head `module`; raises `ConfigError` if a page, requested by the setting `asked`, cannot show its training."""
    head = as_head(module)
    answer = None if head is None else answer_of(head)
    inputs = (1,) if answer == "regression" else (2,)
    if head is None or answer is None or head.spec.input_shape != inputs:
        raise ConfigError(
            f"{asked}: the page shows classes over two inputs, or a value over one "
            f"(got {type(module).__name__}{_shape(module)}); train on such data, as in experiment=xor"
        )
    if head.spec.num_classes > MOST_CLASSES:
        raise ConfigError(
            f"{asked}: the page shows at most {MOST_CLASSES} classes (got {head.spec.num_classes}); leave some out"
        )
    plain_layers(head.network)
    return head


def _shape(module: Any) -> str:
    spec = getattr(module, "spec", None)
    return f" and inputs of shape {'×'.join(map(str, spec.input_shape))}" if isinstance(spec, DataSpec) else ""
