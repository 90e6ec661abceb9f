"""Plain `nn.Module`s from rows [N, *input_shape] to outputs [N, num_outputs]; they know nothing of Lightning."""
