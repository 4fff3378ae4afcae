"""Work in processes of joblib, which pickles functions of the script by value, with what they name."""

import joblib
import wandb
from wandb import Image, log

run = wandb.init(project="loky", id="workers", config={"lr": 0.1})
log({"parent": 1})


def work(i):
    picture = Image([[0, 255]], caption=f"{i}")
    run.log({f"rate{i}": wandb.config.lr, f"picture{i}": picture})
    return picture, wandb.sdk.wandb_run.Run.__name__


pictures = joblib.Parallel(n_jobs=2, backend="loky")(joblib.delayed(work)(i) for i in range(4))
log({"pictures": [picture for picture, _ in pictures]})
wandb.finish()
