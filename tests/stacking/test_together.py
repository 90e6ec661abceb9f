"""Which members train in one stack."""

from pathlib import Path

from src.stacking.together import in_stacks

from .conftest import composed, filled

SMALL = ["data.num_train=200", "data.num_val=40", "data.num_test=40"]


def stacks_of(each, tmp_path: Path, *common):
    members, _ = filled([composed([*SMALL, *common, *more]) for more in each], tmp_path)
    return [[member.number for member in stack] for stack in in_stacks(members)]


def test_widths_depths_and_activations_share_a_stack_in_the_order_of_depths(tmp_path):
    hidden = ["[4,4]", "[8]", "[4]", "[4,4,4]"]
    each = [[f"network.hidden_dims={one}", f"network.activation={name}"] for one in hidden for name in ("relu", "tanh")]
    (stack,) = stacks_of(each, tmp_path)
    assert [number // 2 for number in stack] in ([2, 1, 2, 1, 0, 0, 3, 3], [1, 2, 1, 2, 0, 0, 3, 3])


def test_a_much_wider_network_has_a_stack_of_its_own(tmp_path):
    """Padding two small networks to 512 units would add 2 · 200 · 512 · 3 multiply-adds, more than 2¹⁹."""
    each = [["network.hidden_dims=[4]"], ["network.hidden_dims=[512]"], ["network.hidden_dims=[5]"]]
    assert stacks_of(each, tmp_path, "data.batch_size=null") == [[0, 2], [1]]


def test_a_perceptron_and_other_inputs_have_stacks_of_their_own(tmp_path):
    each = [["network.hidden_dims=[]"], ["network.hidden_dims=[4]"], ["network.inputs=[x1,x1_squared]"]]
    assert stacks_of(each, tmp_path) == [[0], [1], [2]]
