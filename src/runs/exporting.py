"""Exporting a run as one file for other programs: raw inputs in, probabilities out."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig
from torch import Tensor, nn

from src.errors import ConfigError, ExportError
from src.runs.ensembles import Ensemble, open_named
from src.runs.opening import OpenRun
from src.runs.replaying import replay_of
from src.storage.folders import RunFolder
from src.storage.outputs import check_output, output, outputs
from src.storage.values import as_json, known_json

log = logging.getLogger(__name__)

_TOLERANCE = 1e-5
_BLUR = 1e-4  # of a standard deviation, beyond which rounding an input may change a prediction
_BATCHES = (1, 7, 64)  # rows of the batches used to check the exported file


class WholeModel(nn.Module):
    """Maps raw inputs [N, *input_shape] to probabilities [N, C] or [N, L], or to values [N] for regression.

    It includes the scaler and the sigmoid or softmax, so that nothing is left to do outside. Tables are passed as
    columns in the order of the features, with missing numbers as NaN: float32 or, for large numbers, float64. Images
    are passed as uint8.

    Args:
        opened: The run.
    """

    def __init__(self, opened: OpenRun) -> None:
        super().__init__()
        self.scaler = opened.datamodule.scaler or nn.Identity()
        self.head = opened.head

    def forward(self, x: Tensor) -> Tensor:
        """The run's predictions for raw rows x [N, *input_shape]."""
        logits: Tensor = self.head.forward(self.scaler(x))
        return self.head.estimates(logits)


class MeanModel(nn.Module):
    """The mean of several models' predictions for the same inputs.

    Args:
        models: Models like `WholeModel`.
    """

    def __init__(self, models: list[WholeModel]) -> None:
        super().__init__()
        self.models = nn.ModuleList(models)

    def forward(self, x: Tensor) -> Tensor:
        """The mean prediction for raw rows x [N, *input_shape]."""
        return torch.stack([model(x) for model in self.models]).mean(dim=0)


def export(cfg: DictConfig) -> Path:
    """Write a run, or the mean of a sweep's runs, as one file, and next to it a JSON file with inputs and classes.

    The file is checked in its own runtime.

    Args:
        cfg: The configuration of `conf/export.yaml`.

    Raises:
        ConfigError: There is no such run, the output already exists, or a library is missing.
        ExportError: The file does not compute the same as the run.
    """
    asked = open_named(cfg)
    if cfg.format == "replay":
        return _export_replay(cfg, asked)
    opened = asked.first
    asked.check_columns()
    for source in {str(each.datamodule.trained_source): each for each in asked.members}.values():
        source.check_source(bool(cfg.get("allow_changed_data")))
    write, load, suffix = _FORMATS[cfg.format]
    target = RunFolder(asked.folder).export / f"model{suffix}" if cfg.output is None else Path(cfg.output)
    check_output(target, cfg.force)
    if other := [name for name, found in _FORMATS.items() if found[2] == target.suffix != suffix]:
        raise ConfigError(
            f"output: {target.suffix} is for format={other[0]} (got format={cfg.format}); set one of the two"
        )
    beside, description = target.with_suffix(".json"), _description(asked)
    if beside == target:
        raise ConfigError(f"output: {target} is where the model's description goes; name a file like model{suffix}")
    check_output(beside, cfg.force or known_json(beside) == description)
    models = [WholeModel(each) for each in asked.members]
    model = (models[0] if len(models) == 1 else MeanModel(models)).cpu().eval()
    with outputs({target: cfg.force, beside: cfg.force or beside.exists()}) as (part, description_part):
        with torch.no_grad():
            write(model, _sample(opened, 2), part)
        difference = _difference(opened, model, load(part))
        if not difference <= _TOLERANCE:
            raise ExportError(f"{target} differs from the run's probabilities by {difference:.2g}; it is not kept")
        description_part.write_text(as_json(description))
    log.info("wrote %s (outputs match %s within %.1g)", target, asked.name, max(difference, 1e-8))
    return target


def _export_replay(cfg: DictConfig, asked: Ensemble) -> Path:
    """Write a run's training as a page, which shows one network."""
    if len(asked.members) > 1:
        raise ConfigError(f"sweep: a replay shows one training (got {len(asked.members)} runs); name one with run=…")
    target = RunFolder(asked.folder).replay() if cfg.output is None else Path(cfg.output)
    check_output(target, cfg.force)
    if target.suffix not in (".html", ".htm"):
        raise ConfigError(f"output: a replay is a page (got {target.name}); name a file like replay.html")
    page = replay_of(asked.first, cfg.most_epochs, cfg.max_bytes)
    with output(target, cfg.force) as part:
        part.write_text(page, encoding="utf-8")
    log.info("wrote %s (%s kB); open it in a browser", target, f"{target.stat().st_size / 1000:,.0f}")
    return target


def _difference(opened: OpenRun, model: nn.Module, runs: Callable[[Tensor], Tensor]) -> float:
    """The largest difference between the outputs of the model and its file, over batches of several sizes.

    It is relative for values beyond 1, as in regression, since float32 has seven digits.
    """
    differences: list[float] = []
    for rows in _BATCHES:
        x = _sample(opened, rows)
        with torch.no_grad():
            said = model(x)
            differences.append(((said - runs(x)).abs() / said.abs().clamp(min=1)).max().item())
    return max(differences)


def _sample(opened: OpenRun, rows: int) -> Tensor:
    """Seeded random raw inputs like those of the run."""
    generator = torch.Generator().manual_seed(rows)
    shape = (rows, *opened.spec.input_shape)
    if opened.spec.is_image:
        return torch.randint(0, 256, shape, generator=generator).to(torch.uint8)
    x = torch.randn(shape, generator=generator)
    scaler = opened.datamodule.scaler
    return x if scaler is None else (x * scaler.one.scale.cpu() + scaler.one.mean.cpu()).to(_dtype(opened))


def _dtype(opened: OpenRun) -> torch.dtype:
    """The dtype of raw inputs: float64 if a column's numbers are too large for float32 to distinguish."""
    scaler = opened.datamodule.scaler
    if scaler is None or scaler.mean.dtype != torch.float64:
        return torch.float32
    step = torch.finfo(torch.float32).eps * scaler.mean.abs()
    return torch.float64 if bool((step > _BLUR * scaler.scale).any()) else torch.float32


def _description(asked: Ensemble) -> dict[str, Any]:
    spec, head = asked.first.spec, asked.first.head
    return {
        "input": {
            "name": "x",
            "dtype": "uint8" if spec.is_image else str(_dtype(asked.first)).removeprefix("torch."),
            "shape": ["rows", *spec.input_shape],
            "features": list(spec.feature_names),
        },
        "output": {
            "name": head.gives,
            "classes": list(spec.class_names),
        },
        "positive": spec.class_names[1] if spec.task == "binary" else None,
        "task": spec.task,
        "thresholds": asked.thresholds,
        "temperature": head.temperature if head.gives == "probabilities" and len(asked.members) == 1 else None,
        "run": str(asked.folder),
    }


def _write_onnx(model: nn.Module, x: Tensor, path: Path) -> None:
    if missing := [name for name in ("onnx", "onnxscript", "onnxruntime") if not _installed(name)]:
        raise ConfigError(f"format: onnx needs {', '.join(missing)}; pip install {' '.join(missing)}")
    program = torch.onnx.export(
        model,
        (x,),
        input_names=["x"],
        output_names=["probabilities"],
        dynamic_shapes={"x": {0: torch.export.Dim("rows")}},
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    program.save(path, external_data=False)


def _load_onnx(path: Path) -> Callable[[Tensor], Tensor]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda x: torch.from_numpy(session.run(None, {"x": x.numpy()})[0])


def _write_torch(model: nn.Module, x: Tensor, part: Path) -> None:
    program = torch.export.export(model, (x,), dynamic_shapes={"x": {0: torch.export.Dim("rows")}})
    with part.open("wb") as file:
        torch.export.save(program, file)


def _load_torch(path: Path) -> Callable[[Tensor], Tensor]:
    with path.open("rb") as file:
        return torch.export.load(file).module()


_FORMATS: dict[str, tuple[Callable[..., None], Callable[[Path], Callable[[Tensor], Tensor]], str]] = {
    "onnx": (_write_onnx, _load_onnx, ".onnx"),
    "torch_export": (_write_torch, _load_torch, ".pt2"),
}


def _installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None
