"""Many runs at once: trained as one where they differ in numbers alone, and read back from the folders they leave."""
