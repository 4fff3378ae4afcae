"""LightGBM: boosted trees, and their cross-validation, with wandb's callback and summary."""

import json
import sys

import lightgbm
import numpy as np

import wandb
from wandb.integration.lightgbm import log_summary, wandb_callback

rng = np.random.default_rng(3)
x = rng.normal(size=(400, 3))
y = (x[:, 0] + x[:, 1] ** 2 > 0.5).astype(int)
train = lightgbm.Dataset(x[:300], y[:300], feature_name=["a", "b", "c"])
test = lightgbm.Dataset(x[300:], y[300:], reference=train)
parameters = {"objective": "binary", "metric": ["binary_logloss", "auc"], "num_leaves": 7, "verbosity": -1, "seed": 1}

results: dict = {}
with wandb.init(project="lightgbm", id="trees"):
    booster = lightgbm.train(
        parameters,
        train,
        num_boost_round=10,
        valid_sets=[train, test],
        valid_names=["train", "test"],
        callbacks=[lightgbm.record_evaluation(results), wandb_callback()],
    )
    log_summary(booster, save_model_checkpoint=True)

with wandb.init(project="lightgbm", id="folds"):
    everything = lightgbm.Dataset(x, y)
    logger = wandb_callback()
    folds = lightgbm.cv(parameters, everything, 4, nfold=3, stratified=False, seed=1, callbacks=[logger])

truth = {"results": results, "folds": folds, "importance": booster.feature_importance().tolist()}
with open(sys.argv[1], "w") as file:
    json.dump(truth, file)
