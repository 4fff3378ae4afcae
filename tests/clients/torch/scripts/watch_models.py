"""Watches two models, one with sparse gradients, and notes every histogram that must be logged."""

import pickle
from pathlib import Path

import numpy as np
import torch
import wandb

STEPS, EVERY = 7, 3


def counted(tensor: torch.Tensor) -> tuple[list[int], list[float]]:
    if tensor.is_sparse:
        tensor = tensor.coalesce().values()
    counts, edges = np.histogram(tensor.detach().numpy(), bins=64)
    return counts.tolist(), edges.tolist()


torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1, bias=False))
words = torch.nn.Embedding(10, 3, sparse=True)
frozen = torch.nn.Linear(2, 2)
for parameter in frozen.parameters():
    parameter.requires_grad_(False)

run = wandb.init(project="watch", id="models")
wandb.watch(net, torch.nn.MSELoss(), log="all", log_freq=EVERY)
run.watch([words], log_freq=EVERY)
run.watch(frozen, log="gradients", log_freq=1)
truth: dict[int, dict[str, tuple[list[int], list[float]]]] = {}
for step in range(STEPS):
    row = {}
    if (step + 1) % EVERY == 0:
        row = {f"parameters/{name}": counted(value) for name, value in net.named_parameters()}
    net.zero_grad()
    words.zero_grad()
    loss = net(torch.randn(16, 4)).pow(2).mean() + words(torch.tensor([1, 1, 5, step])).pow(2).sum()
    loss.backward()
    if (step + 1) % EVERY == 0:
        row |= {f"gradients/{name}": counted(value.grad) for name, value in net.named_parameters()}
        row |= {f"gradients/graph_1{name}": counted(value.grad) for name, value in words.named_parameters()}
        truth[step] = row
    net.eval()
    with torch.no_grad():
        net(torch.randn(2, 4))  # is no pass of training
    net.train()
    wandb.log({"loss": loss})
for wrong, error in (((net,), wandb.UsageError), (("net",), TypeError), ((net, None, "weights"), wandb.UsageError)):
    try:
        wandb.watch(*wrong)
    except error:
        continue
    raise AssertionError(f"watch{wrong[1:]} was not refused")
wandb.unwatch(net)
for _ in range(2 * EVERY):
    net(torch.randn(16, 4)).mean().backward()
    wandb.log({"after": 1})
run.finish()
words(torch.tensor([1])).sum().backward()  # the hooks of a finished run are gone
assert not words.weight._backward_hooks
Path("truth").write_bytes(pickle.dumps(truth))
