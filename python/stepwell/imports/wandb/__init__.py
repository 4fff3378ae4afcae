"""Logs of wandb: their records and media, and how they become runs."""
