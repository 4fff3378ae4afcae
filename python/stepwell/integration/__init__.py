"""Callbacks for training libraries that wandb supplies itself; each file imports its library when it is imported."""
