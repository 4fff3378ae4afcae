"""One rank: a process that trains on its share of the data and logs what it measures."""

from __future__ import annotations

import math
import os
import sys
import time
from dataclasses import asdict, dataclass
from threading import BrokenBarrierError
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stepwell.demo.digits import Digits
    from stepwell.demo.exchange import Exchange
    from stepwell.runs.run import Run

# Libraries that numpy may multiply matrices with: with one thread each, four ranks share the cores fairly.
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_HISTOGRAM_STEPS = 50
_VALIDATION_STEPS = 20
_WARM_UP = 0.05


@dataclass(frozen=True)
class Plan:
    """What all ranks agree on.

    Attributes
    ----------
    ranks, steps
        How many processes, and how many training steps.
    batch
        Images per rank and step.
    learning_rate
        The highest one; it warms up over the first 5 % of the steps and then falls along a cosine.
    momentum, weight_decay
        As in stochastic gradient descent.
    noise
        Standard deviation of the noise that is added to the pixels.
    seed
        Of the weights, and with the rank of the batches.
    step_seconds
        Least time of a step, in s: a network of this size would be trained before anyone has opened the page.
    """

    ranks: int
    steps: int
    batch: int = 32
    learning_rate: float = 0.02
    momentum: float = 0.9
    weight_decay: float = 1e-4
    noise: float = 0.1
    seed: int = 7
    step_seconds: float = 0.015

    def learning_rate_at(self, step: int) -> float:
        """Return the learning rate of a step."""
        warm_up = max(int(self.steps * _WARM_UP), 1)
        if step < warm_up:
            return self.learning_rate * (step + 1) / warm_up
        part = (step - warm_up) / max(self.steps - warm_up, 1)
        return self.learning_rate * 0.5 * (1.0 + math.cos(math.pi * part))


@dataclass(frozen=True)
class Destination:
    """Where a rank logs to.

    Attributes
    ----------
    url, directory
        The server, and where its spool is.
    project, run
        The run that all ranks share.
    """

    url: str
    directory: str
    project: str
    run: str


def limit_threads() -> None:
    """Give numpy one thread per process; called before numpy is imported, for children by the parent."""
    for variable in _THREAD_VARIABLES:
        os.environ[variable] = "1"


def train(rank: int, plan: Plan, destination: Destination, exchange: Exchange) -> None:
    """Train; the body of a process. It ends with exit code 1 if another rank has died."""
    import stepwell
    from stepwell.demo.digits import Digits

    digits = Digits.load()
    run = stepwell.init(
        project=destination.project,
        id=destination.run,
        url=destination.url,
        dir=destination.directory,
        rank=rank,
        config={**asdict(plan), "optimizer": "sgd", "images": len(digits.images)} if rank == 0 else None,
        tags=["demo"] if rank == 0 else None,
        settings={"silent": True},
    )
    try:
        with run:
            run.define_metric("train/loss", summary="min", goal="minimize")
            run.define_metric("val/accuracy", summary="max", goal="maximize")
            _Training(rank, plan, digits, exchange).run(run)
    except BrokenBarrierError:
        sys.exit(1)
    except BaseException:
        exchange.abort()
        raise


class _Training:
    """The state of one rank's training."""

    def __init__(self, rank: int, plan: Plan, digits: Digits, exchange: Exchange) -> None:
        import numpy as np

        from stepwell.demo.network import Network

        self.rank = rank
        self.plan = plan
        self.digits = digits
        self.exchange = exchange
        self.network = Network.random(plan.seed)
        self.random = np.random.default_rng((plan.seed, rank))
        self.share = np.arange(rank, len(digits.images), plan.ranks)
        self.gradient = np.zeros_like(self.network.parameters)
        self.velocity = np.zeros_like(self.network.parameters)

    def run(self, run: Run) -> None:
        """Take all steps."""
        for step in range(self.plan.steps):
            began = time.perf_counter()
            row = self.step(step)
            run.log(row)
            time.sleep(max(self.plan.step_seconds - (time.perf_counter() - began), 0.0))

    def step(self, step: int) -> dict[str, object]:
        """Take one step and return what was measured."""
        from stepwell import Histogram
        from stepwell.demo.network import views

        plan, network = self.plan, self.network
        began = time.perf_counter()
        chosen = self.random.choice(self.share, plan.batch)
        clean = self.digits.images[chosen]
        images = clean + self.random.normal(0.0, plan.noise, clean.shape).astype(clean.dtype)
        loss, accuracy = network.gradient(images, self.digits.labels[chosen], self.gradient)
        waited = self.exchange.average(self.rank, self.gradient)
        rate = plan.learning_rate_at(step)
        self.velocity *= plan.momentum
        self.velocity -= rate * (self.gradient + plan.weight_decay * network.parameters)
        network.parameters += self.velocity
        row: dict[str, object] = {
            "train/loss": loss,
            "train/accuracy": accuracy,
            "lr": rate,
            "time/wait_ms": waited * 1e3,
            "time/step_ms": (time.perf_counter() - began) * 1e3,
        }
        if self.rank == 0:
            if step % _VALIDATION_STEPS == 0 or step == plan.steps - 1:
                row["val/accuracy"] = network.accuracy(self.digits.held_out_images, self.digits.held_out_labels)
            if step % _HISTOGRAM_STEPS == 0:
                for number, (weights, _biases) in enumerate(views(self.gradient), 1):
                    row[f"grad/layer{number}"] = Histogram(weights)
        return row
