"""Ray Tune: trials with the callback of Ray, and with `setup_wandb` in the trial itself."""

import os

import ray
from ray import tune
from ray.air.integrations.wandb import WandbLoggerCallback, setup_wandb


def reported(config):
    value = 1.0
    for _ in range(3):
        value -= config["rate"] * value
        tune.report({"loss": value, "inner": {"square": value**2}})


def logged(config):
    run = setup_wandb(config, project="ray-inside", group="inside")
    for step in range(3):
        run.log({"value": config["rate"] * step})
    run.finish()
    tune.report({"done": 1})


ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
folder = os.path.abspath("results")
space = {"rate": tune.grid_search([0.1, 0.5]), "layers": [4, 2]}
callback = WandbLoggerCallback(project="ray-callback", group="search", log_config=False)
tune.Tuner(reported, param_space=space, run_config=tune.RunConfig(storage_path=folder, callbacks=[callback])).fit()
tune.Tuner(logged, param_space=space, run_config=tune.RunConfig(storage_path=folder)).fit()
ray.shutdown()
