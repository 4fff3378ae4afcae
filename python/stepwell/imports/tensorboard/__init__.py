"""Log directories of TensorBoard: their files, events and values, and how they become runs."""
