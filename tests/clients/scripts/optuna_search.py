"""Optuna: a search whose trials are logged by the callback of optuna-integration, as one run and as many."""

import json
import sys

import optuna
from optuna_integration.wandb import WeightsAndBiasesCallback

optuna.logging.set_verbosity(optuna.logging.WARNING)
one = WeightsAndBiasesCallback(metric_name="loss", wandb_kwargs={"project": "search", "id": "one"})
many = WeightsAndBiasesCallback(metric_name="loss", wandb_kwargs={"project": "trials"}, as_multirun=True)


def objective(trial):
    x = trial.suggest_float("x", -4, 4)
    kind = trial.suggest_categorical("kind", ["flat", "steep"])
    return (x - 1) ** 2 * (3 if kind == "steep" else 1)


@many.track_in_wandb()
def tracked(trial):
    import wandb

    value = objective(trial)
    for step in range(3):
        wandb.log({"inner": value / (step + 1)})
    return value


def search(callback, function, trials):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=4), study_name="drop-in")
    study.optimize(function, n_trials=trials, callbacks=[callback])
    return [{"params": trial.params, "value": trial.value} for trial in study.trials]


import wandb  # noqa: E402  as in a script that adds it late

truth = {"one": search(one, objective, 5)}
wandb.finish()
truth["many"] = search(many, tracked, 3)
with open(sys.argv[1], "w") as file:
    json.dump(truth, file)
