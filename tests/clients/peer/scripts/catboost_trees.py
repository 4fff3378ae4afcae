"""CatBoost with wandb's callback and summary."""

import numpy as np
from catboost import CatBoostRegressor, Pool

import wandb
from wandb.integration.catboost import WandbCallback, log_summary

random = np.random.default_rng(1)
x = random.normal(size=(200, 3))
y = x[:, 0] * 2 + x[:, 1] + random.normal(size=200) * 0.1
wandb.init(project="catboost", id="trees", config={"source": "made up"})
model = CatBoostRegressor(
    iterations=10, depth=3, eval_metric="RMSE", custom_metric=["MAE"], random_seed=1, thread_count=1, verbose=False
)
train = Pool(x[:150], y[:150], feature_names=["a", "b", "c"])
model.fit(train, eval_set=Pool(x[150:], y[150:], feature_names=["a", "b", "c"]), callbacks=[WandbCallback()])
log_summary(model, save_model_checkpoint=True)
wandb.finish()
