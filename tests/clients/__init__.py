"""Real programs that were written for wandb, from PyPI and unmodified, trained through `stepwell exec`."""
