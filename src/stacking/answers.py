"""How each run of a stack predicts: the temperature and the thresholds found on its validation rows."""

import logging
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from src.errors import ConfigError
from src.heads.base import Head
from src.metrics.threshold import Rule, parse_rule
from src.stacking.network import StackedNetwork
from src.stacking.rows import StackRows

log = logging.getLogger(__name__)


class Answer(NamedTuple):
    """How one run predicts.

    Attributes:
        temperature: The divisor of its logits; None if none is fitted.
        thresholds: The thresholds that a rule chose; None if there is no rule, or none satisfies it.
    """

    temperature: float | None = None
    thresholds: list[float] | None = None


@torch.no_grad()
def settled(head: Head, network: StackedNetwork, params: Tensor, rows: StackRows, numbers: list[int]) -> list[Answer]:
    """How each of m networks predicts, found as by `src.runs.answers.settle` for a run alone.

    Args:
        head: Their common head.
        network: Their forward pass.
        params: Their parameters [m, P].
        rows: Their validation rows.
        numbers: The numbers of the runs in their sweep, for messages.
    """
    answers: list[Answer] = []
    for part in rows.parts():
        for logits, y in zip(*logits_of(head, network, params, rows, part), strict=True):
            temperature = None if head.calibration is None else head.fitted_temperature(logits, y)
            divided = logits if temperature is None else logits / temperature
            answers.append(Answer(temperature, _chosen(head, divided, y, numbers[len(answers)])))
    return answers


def logits_of(
    head: Head, network: StackedNetwork, params: Tensor, rows: StackRows, part: slice
) -> tuple[Tensor, Tensor]:
    """Logits [k, N, *] of a `head` and targets [k, N, …] for all `rows` of k of the networks.

    Args:
        head: Their common head.
        network: Their forward pass.
        params: Their parameters [m, P].
        rows: Their rows.
        part: Which k of the m networks.
    """
    x, y = rows.whole(part)
    return head.logits(network.of(part)(network.pieces(params[part]), x)), y


def divided(logits: Tensor, answers: list[Answer]) -> Tensor:
    """Logits [m, N, *] divided by the temperatures of the `answers` of each run."""
    temperatures = torch.tensor([1.0 if each.temperature is None else each.temperature for each in answers])
    return logits / temperatures.to(logits).view(-1, *[1] * (logits.ndim - 1))


def predictions(head: Head, logits: Tensor, answers: list[Answer]) -> Tensor:
    """The predictions [m, N, …] of a `head` for logits [m, N, *], with the thresholds of the `answers` of each run."""
    before = head.thresholds
    assert before is not None
    found = []
    for each, own in zip(logits, answers, strict=True):
        head.set_thresholds(own.thresholds or before)
        found.append(head.predictions(each))
    head.set_thresholds(before)
    return torch.stack(found)


def use(head: Head, rule: Rule | None, answer: Answer | None, on_training: bool) -> None:
    """Let a `head` that runs share predict like one of them.

    Args:
        head: The head.
        rule: Its own rule, as configured.
        answer: How the run predicts; None for training, as long as nothing has been found.
        on_training: Whether its validation rows are its training rows.
    """
    temperature, thresholds = answer or Answer()
    where: Literal["train", "val"] = "train" if on_training else "val"
    head.temperature = 1.0 if temperature is None else temperature
    head.fitted_on = None if temperature is None else where
    head.rule = rule
    if not head.chooses:
        return
    head.set_thresholds(thresholds or [0.5] * len(head.thresholds or ()))
    head.chosen_on = "given" if thresholds is None else where
    if answer is not None and thresholds is None:
        head.rule = parse_rule(0.5)


def _chosen(head: Head, logits: Tensor, y: Tensor, number: int) -> list[float] | None:
    if not head.chooses:
        return None
    before = head.thresholds
    assert before is not None
    try:
        head.choose_thresholds(None, logits, y)
        return head.thresholds
    except ConfigError as error:
        log.warning("#%d: head.%s; the threshold stays 0.5", number, error)
        return None
    finally:
        head.set_thresholds(before)
