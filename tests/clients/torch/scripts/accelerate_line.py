"""Accelerate: a training loop with `log_with="wandb"`."""

import json
import sys

import torch
from accelerate import Accelerator

accelerator = Accelerator(log_with="wandb", cpu=True)
accelerator.init_trackers("accelerate", config={"rate": 0.1, "steps": 6}, init_kwargs={"wandb": {"id": "line"}})
torch.manual_seed(2)
model = torch.nn.Linear(3, 1)
model, optimizer = accelerator.prepare(model, torch.optim.SGD(model.parameters(), 0.1))
truth = []
for step in range(6):
    x = torch.randn(8, 3)
    loss = ((model(x) - x.sum(1, keepdim=True)) ** 2).mean()
    accelerator.backward(loss)
    optimizer.step()
    optimizer.zero_grad()
    truth.append(loss.item())
    accelerator.log({"loss": loss.item(), "kind": "train"}, step=step * 10)
tracker = accelerator.get_tracker("wandb")
tracker.log_images({"weights": [torch.zeros(4, 4, 3).numpy()]}, step=60)
accelerator.end_training()
with open(sys.argv[1], "w") as file:
    json.dump(truth, file)
