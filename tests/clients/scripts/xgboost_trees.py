"""XGBoost: boosted trees with wandb's callback, and the truth that XGBoost keeps itself."""

import json
import sys

import numpy as np
import xgboost

import wandb
from wandb.integration.xgboost import WandbCallback

rng = np.random.default_rng(2)
x = rng.normal(size=(300, 4))
y = x[:, 0] * 2 + np.sin(x[:, 1]) + rng.normal(scale=0.1, size=300)
train = xgboost.DMatrix(x[:200], y[:200], feature_names=["a", "b", "c", "d"])
test = xgboost.DMatrix(x[200:], y[200:], feature_names=["a", "b", "c", "d"])

parameters = {"max_depth": 3, "eta": 0.3, "eval_metric": ["rmse", "mae"], "seed": 1}
results: dict = {}
run = wandb.init(project="xgboost", id="trees", config=parameters)
booster = xgboost.train(
    parameters,
    train,
    num_boost_round=12,
    evals=[(train, "train"), (test, "test")],
    evals_result=results,
    early_stopping_rounds=5,
    callbacks=[WandbCallback(log_model=True)],
    verbose_eval=False,
)
wandb.finish()
truth = {
    "results": results,
    "gain": booster.get_score(importance_type="gain"),
    "best_score": booster.best_score,
    "best_iteration": booster.best_iteration,
    "model": json.loads(booster.save_raw("json").decode()),
}
with open(sys.argv[1], "w") as file:
    json.dump(truth, file)
