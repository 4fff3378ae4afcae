"""Dask: a search in worker processes, each trial a run of its own, and one that gathers them."""

import pandas as pd
from dask.distributed import Client, LocalCluster

import wandb


def trial(number, rate):
    run = wandb.init(
        project="dask", group="search", job_type="trial", id=f"trial{number}", config={"rate": rate, "number": number}
    )
    value = 1.0
    for step in range(4):
        value -= rate * value
        run.log({"loss": value, "inner": {"step": step, "square": value**2}})
    run.summary["final"] = {"loss": value, "steps": 4}
    run.finish()
    return {"number": number, "rate": rate, "loss": value}


if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        tasks = [client.submit(trial, number, rate) for number, rate in enumerate((0.1, 0.5, 0.9))]
        found = pd.DataFrame(client.gather(tasks))
    with wandb.init(project="dask", group="search", job_type="gather", id="gather") as run:
        run.log({"trials": wandb.Table(dataframe=found), "best": found.loss.min()})
        run.log({"losses": wandb.Histogram(found.loss, num_bins=4)})
        run.config.update({"trials": len(found)})
        run.summary["best_rate"] = found.rate[found.loss.idxmin()]
