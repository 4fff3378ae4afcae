"""Memory that the ranks share for their gradients, and barriers around the averaging."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from multiprocessing.context import SpawnContext

    import numpy.typing as npt

# A rank that waits longer knows that another one has died.
_PATIENCE_SECONDS = 60.0


@dataclass
class Exchange:
    """Averages arrays over processes. It is passed to each of them at its start.

    Attributes
    ----------
    ranks
        How many processes take part.
    length
        Elements of an array.
    memory
        ranks × length float32 in shared memory.
    written, read
        Barriers: all have written; all have read.
    """

    ranks: int
    length: int
    memory: Any
    written: Any
    read: Any

    @classmethod
    def create(cls, context: SpawnContext, ranks: int, length: int) -> Exchange:
        """Make the shared memory."""
        memory = context.RawArray("f", ranks * length)
        return cls(ranks, length, memory, context.Barrier(ranks), context.Barrier(ranks))

    def average(self, rank: int, gradient: npt.NDArray[np.float32]) -> float:
        """Replace the gradient by the mean over all ranks; return how long this rank waited for others, in s.

        Raises
        ------
        threading.BrokenBarrierError
            If another rank has died.
        """
        table = np.frombuffer(self.memory, dtype=np.float32).reshape(self.ranks, self.length)
        table[rank] = gradient
        began = time.perf_counter()
        self.written.wait(_PATIENCE_SECONDS)
        waited = time.perf_counter() - began
        # In the same order on every rank, so that all keep bit-identical parameters.
        table.mean(axis=0, out=gradient)
        began = time.perf_counter()
        self.read.wait(_PATIENCE_SECONDS)
        return waited + time.perf_counter() - began

    def abort(self) -> None:
        """Let nobody wait any longer."""
        self.written.abort()
        self.read.abort()
