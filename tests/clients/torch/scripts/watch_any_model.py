"""Watches models of which not all can be logged: their training goes on, and the rest is logged."""

import pickle

import numpy as np
import torch
import wandb


class Odd(torch.nn.Module):
    """Has complex, empty and scalar parameters, NaN, 16-bit floats, and one without any content."""

    def __init__(self) -> None:
        super().__init__()
        self.line = torch.nn.Linear(4, 4)
        self.turn = torch.nn.Parameter(torch.tensor([3 + 4j, 0, 0, 0]))
        self.scale = torch.nn.Parameter(torch.tensor(2.0))
        self.empty = torch.nn.Parameter(torch.zeros(0))
        self.nan = torch.nn.Parameter(torch.full((4,), float("nan")))
        self.short = torch.nn.Parameter(torch.ones(4, dtype=torch.bfloat16))
        self.void = torch.nn.Parameter(torch.empty(3, device="meta"))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.line(x) * self.turn * self.scale).abs().sum() + (self.nan + self.short).sum() + self.empty.sum()


run = wandb.init(project="watch", id="any")
odd = Odd()
run.watch(odd, log="all", log_freq=np.int64(1))
for _ in range(3):
    odd(torch.randn(2, 4)).backward()
    run.log({"loss": 1.0})
run.unwatch()
compiled = torch.jit.script(torch.nn.Linear(4, 1))
run.watch(compiled, log="all", log_freq=1)
compiled(torch.randn(2, 4)).sum().backward()
run.log({"loss": 2.0})
broken = torch.nn.Linear(4, 1)
run.watch(broken, log="all", log_freq=1)
run.log = lambda *_, **__: 1 / 0
broken(torch.randn(2, 4)).sum().backward()
del run.log
whole = torch.nn.Linear(4, 1)
run.watch(whole, log="all", log_freq=1)
pickled = pickle.dumps(whole)
assert b"stepwell" not in pickled, "which the other process may not have"
pickle.loads(pickled)(torch.randn(2, 4)).sum().backward()  # logs nothing
print("trained")
