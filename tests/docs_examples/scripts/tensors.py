"""An array in the summary of a run that is finished."""

import numpy as np

import stepwell as wandb

with wandb.init(project="docs", id="tensors", entity="username") as run:
    run.log({"loss": 0.5})

api = wandb.Api()
run = api.run("username/docs/tensors")
tensor = np.random.random(1000)
np.save("tensor.npy", tensor)
run.summary["tensor"] = tensor
run.summary.update()
