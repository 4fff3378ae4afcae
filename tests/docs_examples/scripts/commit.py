"""Collecting with `commit=False`."""

import stepwell as wandb

wandb.init(project="docs", id="commit")

for _ in range(2):
    wandb.log({'loss': 0.2}, commit=False)
    # Somewhere else when I'm ready to report this step:
    wandb.log({'accuracy': 0.8})
