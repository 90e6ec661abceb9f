"""Many runs that differ only in seeds, numbers and layers, trained as one, each as if it were alone."""
