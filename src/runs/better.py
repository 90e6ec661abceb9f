"""A hint for runs whose settings are those of a first example, when better ones exist for their data."""

from collections.abc import Mapping
from typing import Any

_EXAMPLE = {"_target_": "src.networks.mlp.MLP", "hidden_dims": [4]}
_TABLES = ("src.data.tabular.file.TableFile", "src.data.tabular.bundled.BundledTable")


def better_settings(cfg: Mapping[str, Any]) -> list[str]:
    """A line that recommends `experiment=table` if the configuration `cfg` trains a table with XOR's four hidden units.

    Example:
        >>> table = {"_target_": "src.data.tabular.file.TableFile"}
        >>> better_settings({"data": table, "network": {**_EXAMPLE, "hidden_dims": [64]}})
        []
        >>> better_settings({"data": table, "network": _EXAMPLE})
        ['experiment=table is made for tables; this network is that of experiment=xor']
    """
    if cfg["data"]["_target_"] not in _TABLES or any(cfg["network"].get(key) != it for key, it in _EXAMPLE.items()):
        return []
    return ["experiment=table is made for tables; this network is that of experiment=xor"]
