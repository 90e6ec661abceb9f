"""Many runs at once: vectorized training of runs that differ in numbers alone, and reading the folders that sweeps leave."""
