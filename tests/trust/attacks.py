"""Configurations that a stranger might leave in a run folder to have something run, written or allocated."""

import os

LOAD = {"_target_": "torch.load", "f": "payload.pt", "weights_only": False}
ATTACKS = {
    "a function in the data": {"data": {"_target_": "torch.load", "f": "payload.pt"}},
    "a call nested in a value": {"data": {"noise": LOAD}},
    "a call nested in a list": {"network": {"hidden_dims": [LOAD]}},
    "a function for a network": {"network": {"_target_": "torch.hub.load"}},
    "Python's own library": {"network": {"_target_": "os.system"}},
    "a module through another": {"network": {"_target_": "src.building.build.torch.load"}},
    "an attribute of a class": {"head": {"_target_": "src.heads.binary.BinaryHead.load_from_checkpoint"}},
    "a package beside the run": {"network": {"_target_": "payload.Network"}},
    "a name that begins as ours": {"network": {"_target_": "srcx.Network"}},
    "a path for a name": {"network": {"_target_": "../payload.Network"}},
    "an optimizer of another kind": {"optimizer": {"_target_": "torch.nn.Linear"}},
    "a scheduler of another kind": {"scheduler": {"_target_": "torch.load"}},
    "a callback that is a function": {"callbacks": {"evil": LOAD}},
    "a logger that is a function": {"logger": {"evil": LOAD}},
    "a Trainer that is none": {"trainer": {"_target_": "subprocess.run"}},
    "a profiler that is none": {"trainer": {"profiler": LOAD}},
    "partial objects": {"data": {"noise": {"_partial_": True, "_target_": "builtins.print"}}},
    "arguments by place": {"network": {"_args_": ["payload.pt"]}},
    "a section of Hydra's": {"hydra": {"callbacks": {"evil": LOAD}}},
    "a list of defaults": {"defaults": ["evil"]},
    "a resolver that reads the environment": {"data": {"noise": "${oc.env:HOME}"}},
    "a resolver that decodes": {"data": {"noise": "${oc.decode:'1'}"}},
    "a reference that turns in circles": {"data": {"noise": "${data.label_noise}", "label_noise": "${data.noise}"}},
    "more rows than memory holds": {"data": {"num_train": 10**12}},
    "a network of endless layers": {"network": {"hidden_dims": [8] * 5000}},
    "a network too wide for memory": {"network": {"hidden_dims": [10**9]}},
    "a list without end": {"network": {"hidden_dims": [1] * 10**5}},
    "a module that a layer imports": {"network": {"_target_": "torch.nn.modules.module.os.system"}},
    "a function that a layer imports": {"network": {"_target_": "torch.nn.modules.module.functools.partial"}},
    "a class that a callback imports": {
        "callbacks": {"x": {"_target_": "lightning.pytorch.callbacks.model_checkpoint.Path"}}
    },
    "a module that our code imports": {"network": {"_target_": "src.storage.files.os.system"}},
    "a class that our code imports": {"network": {"_target_": "src.storage.files.Path"}},
    "a command of ours": {"network": {"_target_": "src.command.cli.execute"}},
    "a method": {"network": {"_target_": "torch.nn.Module.__init__"}},
    "Python's builtins": {"network": {"_target_": "torch.nn.__builtins__.eval"}},
    "a module that runs when it is imported": {"network": {"_target_": "src.readme.__main__.Network"}},
    "letters that look like others": {"network": {"_target_": "torch.nn.\u2160inear"}},
    "a name with a line end": {"network": {"_target_": "torch.nn.Linear\n"}},
    "a name without end": {"network": {"_target_": "torch.nn." + "a" * 100_000}},
    "a number for a name": {"network": {"_target_": 5}},
    "names in a list": {"network": {"_target_": ["os", "system"]}},
    "pictures from the net": {"data": {"_target_": "torchvision.datasets.FakeData"}},
    "a scheduler with a call": {
        "scheduler": {"_target_": "torch.optim.lr_scheduler.SequentialLR", "schedulers": [{"_target_": "os.getcwd"}]}
    },
    "a scheduler without its interval": {
        "scheduler": {"_target_": "torch.optim.lr_scheduler.LambdaLR", "lr_lambda": "os.system"}
    },
    "a strategy's own parts": {
        "trainer": {
            "strategy": {
                "_target_": "lightning.pytorch.strategies.SingleDeviceStrategy",
                "checkpoint_io": {"_target_": "lightning.fabric.plugins.TorchCheckpointIO"},
            }
        }
    },
    "plugins of the Trainer": {"trainer": {"plugins": [{"_target_": "lightning.fabric.plugins.TorchCheckpointIO"}]}},
    "a table that never ends": {
        "data": {"_target_": "src.data.tabular.file.TableFile", "path": "/dev/zero", "target": "y"}
    },
    "a resolver within a reference": {"data": {"noise": "${data.${seed}}"}},
    "a resolver that makes values": {"seed": "${oc.create:x}"},
}


class Payload:
    """Unpickling makes a file, as a stranger's code would do worse."""

    def __reduce__(self):
        return os.mkdir, ("was_run",)


def merged(node, change):
    """A configuration with some keys changed."""
    for key, value in change.items():
        node[key] = merged(dict(node[key]), value) if isinstance(node.get(key), dict) else value
    return node
