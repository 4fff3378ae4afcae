"""Stable-Baselines3: PPO on CartPole with wandb's callback; the metrics come through TensorBoard's writer."""

import json
import sys

import gymnasium
from stable_baselines3 import PPO
from stable_baselines3.common.monitor import Monitor
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import wandb
from wandb.integration.sb3 import WandbCallback

config = {"policy_type": "MlpPolicy", "total_timesteps": 300}
run = wandb.init(project="sb3", id="cartpole", config=config, sync_tensorboard=True, save_code=True)
model = PPO(
    config["policy_type"],
    Monitor(gymnasium.make("CartPole-v1")),
    n_steps=64,
    batch_size=32,
    n_epochs=2,
    seed=5,
    tensorboard_log="runs",
    device="cpu",
)
model.learn(
    config["total_timesteps"],
    log_interval=1,
    callback=WandbCallback(model_save_path="models", gradient_save_freq=8, log="gradients", verbose=2),
)
wandb.finish()
read = EventAccumulator("runs/PPO_1", size_guidance={"scalars": 0})
read.Reload()
with open(sys.argv[1], "w") as file:
    json.dump({tag: [[e.step, e.value] for e in read.Scalars(tag)] for tag in read.Tags()["scalars"]}, file)
