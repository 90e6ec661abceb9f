"""The JSON schema that editors read takes every file of `conf/`, and no misspelt key or value out of range."""

import json

import pytest
import yaml
from jsonschema import Draft7Validator

from src.settings.schema import schema
from tests.commands import ROOT, run

FILES = sorted((ROOT / "conf").rglob("*.yaml"))


@pytest.fixture(scope="module")
def validator():
    known = schema()
    Draft7Validator.check_schema(known)
    return Draft7Validator(known)


def test_every_file_of_conf_is_accepted(validator):
    files = {path: yaml.safe_load(path.read_text()) or {} for path in FILES}
    assert [path for path, content in files.items() if not validator.is_valid(content)] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("{trainer: {max_epochs: 3}}", "{trainer: {max_epoch: 3}}"),
        ("{trainer: {max_epochs: 3}}", "{traner: {max_epochs: 3}}"),
        ("{trainer: {max_epochs: 3}}", "{trainer: {max_epochs: 0}}"),
        ("{optimizer: {lr: 0.1}}", "{optimizer: {lrr: 0.1}}"),
        ("{optimizer: {lr: '${oc.env:LR}'}}", "{optimizer: {lr: fast}}"),
        ("{network: {activation: relu}}", "{network: {activation: rellu}}"),
        ("{network: {hidden_dims: [8]}}", "{network: {hidden_dims: 8}}"),
        ("{solved: {at_least: 1}}", "{solved: {at_leest: 1}}"),
        (
            "{defaults: [{override /data: blobs}], data: {centers: 3}}",
            "{defaults: [{override /data: xor}], data: {centers: 3}}",
        ),
        ("{callbacks: {early_stopping: {patience: 3}}}", "{callbacks: {early_stopping: {patienc: 3}}}"),
        ("{callbacks: {figures: null}}", "{callbacks: {figure: {every_n_epochs: 3}}}"),
        ("{callbacks: {own: {_target_: own.Callback, what: 1}}}", "{callbacks: {own: {what: 1}}}"),
        ("{_target_: src.data.synthetic.xor.XOR, noise: 1}", "{_target_: src.data.synthetic.xor.XOR, noize: 1}"),
        (
            "{_target_: src.data.synthetic.xor.XOR, batch_size: null}",
            "{_target_: src.data.synthetic.xor.XOR, batch_size: 0}",
        ),
        ("{_target_: torch.optim.Adam, eps: 1.0e-3}", "{_target_: torch.optim.Adam, epss: 1.0e-3}"),
        ("{_target_: own.Dataset, anything: 1}", "{anything: 1}"),
    ],
)
def test_a_misspelt_key_or_a_value_out_of_range_is_refused_beside_the_right_one(right, wrong, validator):
    assert validator.is_valid(yaml.safe_load(right))
    assert not validator.is_valid(yaml.safe_load(wrong))


def test_a_key_is_described_by_its_comment(validator):
    noise = validator.schema["definitions"]["data.xor"]["properties"]["noise"]
    assert noise["description"] == "standard deviation; corners are 1 apart"


def test_the_command_lab_prints_it(validator):
    done = run(["classification_lab", "schema"])
    assert json.loads(done.stdout) == validator.schema, done.stderr
