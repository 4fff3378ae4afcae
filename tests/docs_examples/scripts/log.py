"""The first examples of the page: a row, several metrics in one call, an x axis of one's own."""

import stepwell as wandb

wandb.init(project="docs", id="log")

wandb.log({'accuracy': 0.9, 'epoch': 5})
wandb.log({'acc': 0.9, 'loss': 0.1})
wandb.log({'acc': 0.9, 'custom_step': 3})
wandb.log({'loss': 0.1, 'epoch': 1, 'batch': 3})
wandb.log({'batch': 1, 'loss': 0.3})
wandb.log({"acc": 1, "global_step": 1})
epoch = 17
wandb.log({"acc": 1, "batch": 10}, step=epoch)
best_accuracy = 0.97
wandb.run.summary["accuracy"] = best_accuracy
