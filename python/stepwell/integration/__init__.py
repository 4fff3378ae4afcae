"""Callbacks for training libraries that wandb supplies itself; each file imports its own library."""
