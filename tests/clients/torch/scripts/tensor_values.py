"""Tensors of every kind, in every place that takes values."""

import torch
import wandb


class Extended(torch.Tensor):
    """A class of a library's own."""


COMPLEX = torch.tensor([1 + 2j, 3 - 1j])
TENSORS = {
    "conjugate": COMPLEX.conj(),
    "negative": COMPLEX.conj().imag,
    "one_negative": COMPLEX.conj().imag[0],
    "half_complex": torch.tensor([1 + 2j, 3]).to(torch.complex32),
    "extended": torch.tensor([1.5, 2.5], requires_grad=True).as_subclass(Extended),
    "graph": (torch.ones(2, requires_grad=True) * 2).sum(),
    "parameter": torch.nn.Parameter(torch.ones(2)),
    "brain": torch.tensor(1.5, dtype=torch.bfloat16),
    "sparse": torch.eye(2).to_sparse(),
    "rows": torch.eye(2).to_sparse_csr(),
    "small": torch.tensor([1, -2], dtype=torch.int8),
    "dict": torch.nn.ParameterDict({"a": torch.nn.Parameter(torch.ones(2))}),
    "dtype": torch.float32,
}
with wandb.init(project="tensors", id="values", config=TENSORS) as run:
    for key, value in TENSORS.items():
        run.log({f"row_{key}": [value], f"cell_{key}": wandb.Table(columns=["a"], data=[[value]])}, step=0)
        run.summary[f"summary_{key}"] = [value]
    try:
        run.log({"empty": torch.empty(3, device="meta")})
    except TypeError as error:
        run.summary["refused"] = str(error)
