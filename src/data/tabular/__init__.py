"""Tables: your own files and scikit-learn's bundled ones, their columns turned into numbers."""
