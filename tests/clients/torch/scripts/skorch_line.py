"""skorch: a network fitted like scikit-learn's estimators, with skorch's `WandbLogger`."""

import json
import sys

import numpy as np
import torch
from skorch import NeuralNetRegressor
from skorch.callbacks import WandbLogger

import wandb

torch.manual_seed(4)
x = np.random.default_rng(4).normal(size=(80, 3)).astype(np.float32)
run = wandb.init(project="skorch", id="line", config={"width": 4})
net = NeuralNetRegressor(
    torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)),
    max_epochs=4,
    lr=0.1,
    callbacks=[WandbLogger(run, save_model=True)],
    verbose=0,
)
net.fit(x, x.sum(1, keepdims=True))
run.finish()
with open(sys.argv[1], "w") as file:
    json.dump({key: net.history[:, key] for key in ("train_loss", "valid_loss")}, file)
