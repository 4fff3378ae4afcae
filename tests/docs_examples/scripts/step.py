"""One step from many places of the code: calls with the same step become one row."""

import stepwell as wandb

wandb.init(project="docs", id="step")

for step in range(3):
    wandb.log({'loss': 0.2 + step}, step=step)
    wandb.log({'accuracy': 0.5 + step / 10}, step=step)
    wandb.log({'loss': 0.1 + step}, step=step)
# The page allows rising steps only; here an older step is merged as well.
wandb.log({'late': True}, step=1)
