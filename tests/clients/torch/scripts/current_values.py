"""Tensors that torch 1.13 does not have: types, transforms of functions, and models that are compiled."""

import torch
import wandb

SMALL = torch.tensor([1.5, -2.0])
TENSORS = {
    "float8_e4m3fn": SMALL.to(torch.float8_e4m3fn),
    "float8_e5m2": SMALL.to(torch.float8_e5m2),
    "float8_e8m0fnu": torch.tensor([2.0, 0.5]).to(torch.float8_e8m0fnu),
    "uint16": torch.tensor([65535], dtype=torch.uint16),
    "uint32": torch.tensor([2**32 - 1], dtype=torch.uint32),
    "buffer": torch.nn.Buffer(SMALL),
    "blocks": torch.eye(2).to_sparse_bsr((1, 1)),
}
NUMBERS = torch.arange(3.0)
CONSTANT = torch.tensor([1.0, 2.0])


def logged(name, x):
    run.log({name: {"all": x, "list": [x], "short": x.bfloat16(), "mask": x > 1, "constant": CONSTANT}})
    return (x**2).sum()


with wandb.init(project="current", id="values", config=TENSORS) as run:
    run.log({**TENSORS, "table": wandb.Table(columns=["a"], data=[[each] for each in TENSORS.values()])})
    torch.vmap(lambda x: logged("vmap", x))(NUMBERS)
    torch.func.grad(lambda x: logged("grad", x))(NUMBERS)
    torch.func.jvp(lambda x: logged("jvp", x), (NUMBERS,), (NUMBERS,))
    torch.func.functionalize(lambda x: logged("functionalize", x))(NUMBERS)
    torch.func.grad(lambda x: torch.vmap(lambda x: logged("both", x))(x).sum())(NUMBERS)
    ragged = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged)
    try:
        run.log({"ragged": ragged})
    except TypeError as error:
        run.summary["refused"] = str(error)
    run.config.update({"ragged": ragged})

with wandb.init(project="current", id="compiled") as run:
    from torch._dynamo.utils import counters

    model = torch.nn.Linear(4, 1)
    run.watch(model, log="all", log_freq=3)
    compiled = torch.compile(model)
    for _ in range(20):
        loss = compiled(torch.randn(16, 4)).pow(2).mean()
        loss.backward()
        run.log({"loss": loss})
    run.unwatch(model)
    run.summary["graphs"] = counters["stats"]["unique_graphs"]

    @torch.compile
    def double(x):
        wandb.log({"doubled": x.sum() * 2})
        return x * 2

    for number in range(3):
        double(torch.full((2,), float(number)))
