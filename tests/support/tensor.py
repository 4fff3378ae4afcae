"""A tensor of torch as far as this package looks at one, for the tests, because torch is large."""

from typing import Any

import numpy as np


class Tensor:
    """Holds an array; `known` is whether numpy has its type, which it has not for bfloat16."""

    __module__ = "torch"

    def __init__(self, array: Any, known: bool = True) -> None:
        self.array, self.known = np.asarray(array), known
        self.is_quantized = False

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def dtype(self) -> str:
        return f"torch.{self.array.dtype}"

    def detach(self) -> "Tensor":
        return self

    def cpu(self) -> "Tensor":
        return self

    def item(self) -> Any:
        return self.array.item()

    def float(self) -> "Tensor":
        return Tensor(self.array.astype(np.float32))

    def numpy(self) -> Any:
        if not self.known:
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.array
