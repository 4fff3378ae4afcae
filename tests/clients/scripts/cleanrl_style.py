"""A script in the style of CleanRL; `truth.pickle` is what it logged, for `test_styles.py`."""

import argparse
import os
import pickle
import random
import time
from dataclasses import dataclass

import numpy as np
from tensorboardX import SummaryWriter


@dataclass
class Args:
    exp_name: str = os.path.basename(__file__)[: -len(".py")]
    seed: int = 1
    track: bool = True
    wandb_project_name: str = "cleanRL"
    wandb_entity: str = None
    env_id: str = "TwoArmedBandit-v0"
    total_timesteps: int = 300
    learning_rate: float = 0.1
    truth: str = "truth.pickle"


def parse_args():
    parser = argparse.ArgumentParser()
    for name, value in vars(Args()).items():
        parser.add_argument(
            "--" + name.replace("_", "-"), type=type(value) if value is not None else str, default=value
        )
    return Args(**vars(parser.parse_args()))


if __name__ == "__main__":
    args = parse_args()
    run_name = f"{args.env_id}__{args.exp_name}__{args.seed}__{int(time.time())}"
    if args.track:
        import wandb

        wandb.init(
            project=args.wandb_project_name,
            entity=args.wandb_entity,
            sync_tensorboard=True,
            config=vars(args),
            name=run_name,
            monitor_gym=True,
            save_code=True,
        )
    writer = SummaryWriter(f"runs/{run_name}")
    writer.add_text(
        "hyperparameters",
        "|param|value|\n|-|-|\n%s" % ("\n".join([f"|{key}|{value}|" for key, value in vars(args).items()])),
    )
    random.seed(args.seed)
    np.random.seed(args.seed)
    truth = []
    values = np.zeros(2)
    for global_step in range(1, args.total_timesteps + 1):
        arm = int(values.argmax()) if random.random() > 0.1 else random.randrange(2)
        reward = np.random.normal(loc=arm)
        values[arm] += args.learning_rate * (reward - values[arm])
        if global_step % 10 == 0:
            writer.add_scalar("charts/episodic_return", reward, global_step)
            writer.add_scalar("losses/value_loss", abs(arm - values[arm]), global_step)
            truth.append((global_step, float(np.float32(reward)), float(np.float32(abs(arm - values[arm])))))
        if global_step % 100 == 0:
            writer.add_histogram("values", np.random.normal(size=200), global_step)
    writer.close()
    with open(args.truth, "wb") as file:
        pickle.dump(truth, file)
