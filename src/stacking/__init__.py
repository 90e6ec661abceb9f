"""Many runs trained as one, where they differ in numbers alone, each as if it were alone."""
