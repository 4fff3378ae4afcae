"""Puts stepwell in the place of this package: importing it replaces `sys.modules["wandb"]`."""

from stepwell.wandb import install_as_wandb

install_as_wandb()
