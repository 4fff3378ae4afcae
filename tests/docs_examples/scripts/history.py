"""The row under way, as a dict that may be changed."""

import stepwell as wandb

run = wandb.init(project="docs", id="history")

run.history.row["loss"] = 0.5
run.history.row.update({"accuracy": 0.75})
run.history.add({"epoch": 1})

wandb.log({"loss": 0.4}, commit=False)
run.history.row["accuracy"] = 0.8
wandb.log({"epoch": 2})
