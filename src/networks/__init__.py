"""Plain `nn.Module`s from rows [N, *input_shape] to outputs [N, num_outputs]; they do not depend on Lightning."""
