"""Tables: your own files and those bundled with scikit-learn, with columns turned into numbers."""
