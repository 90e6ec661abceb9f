"""Many runs that differ only in numbers, trained as one, each as if it were alone."""
