"""LightningDataModules: one dataset a file, all served as blocks of minibatches."""
