"""fastai: a network on a table of numbers, with `WandbCallback`."""

import numpy as np
import pandas as pd
import torch
from fastai.callback.wandb import WandbCallback
from fastai.tabular.all import Normalize, TabularDataLoaders, mae, set_seed, tabular_learner

import wandb

set_seed(1)
torch.set_num_threads(1)
random = np.random.default_rng(1)
table = pd.DataFrame(random.normal(size=(64, 3)), columns=["a", "b", "c"]).astype("float32")
table["y"] = table.a * 2 + table.b
wandb.init(project="fastai", id="line", config={"source": "made up"})
loaders = TabularDataLoaders.from_df(
    table, cont_names=["a", "b", "c"], procs=[Normalize], y_names="y", valid_idx=list(range(48, 64)), bs=16
)
learner = tabular_learner(loaders, layers=[8], metrics=mae, y_range=(-8, 8))
learner.fit_one_cycle(2, 0.01, cbs=WandbCallback(log_preds=False, log_model=False, log="all"))
wandb.finish()
