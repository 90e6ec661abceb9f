"""LightningDataModules: one dataset per file, all served as blocks of minibatches."""
