"""The demo: starts a server, trains on it with four ranks, and says what it sees there."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stepwell.demo.rank import Destination, Plan, limit_threads, train
from stepwell.errors import CommError
from stepwell.serving.browser import open_in_browser
from stepwell.serving.ports import start, write_port
from stepwell.serving.signals import Stop, stop_on_signal
from stepwell.settings.naming import new_run_id, run_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.process import BaseProcess

    from stepwell.api import Api, Run

_PROJECT = "digits"
_RANKS = 4
_LOOK_SECONDS = 0.2
_LINE_SECONDS = 3.0
# The server has everything when the ranks have ended; its view of the run follows at once.
_COMPLETE_SECONDS = 20.0
_ENOUGH_ACCURACY = 0.95
_DONE, _INCOMPLETE = 0, 3


@dataclass
class Demo:
    """One demonstration.

    Attributes
    ----------
    directory
        Holds the server's store and the ranks' spools.
    port
        Port of the server; 0 picks one.
    port_file
        Where to write the port.
    steps
        Training steps.
    """

    directory: str
    port: int
    port_file: str | None
    steps: int

    def run(self, stay: bool, open_browser: bool) -> int:
        """Train and watch.

        Parameters
        ----------
        stay
            Serve on when the run is done, until a signal ends it.
        open_browser
            Show the page.

        Returns
        -------
        int
            0; 3 if the run is not complete on the server; that of the signal, if one cut the training short.
        """
        limit_threads()  # before numpy is imported, here and in the ranks
        from stepwell.api import Api
        from stepwell.demo.digits import Digits

        Digits.load()
        directory = Path(self.directory).expanduser().absolute()
        with stop_on_signal() as stop:
            server = start(directory / "server", "server", "127.0.0.1", self.port)
            try:
                if self.port_file:
                    write_port(self.port_file, server.port)
                destination = Destination(server.address, str(directory / "ranks"), _PROJECT, new_run_id())
                page = f"{server.address}/local/{_PROJECT}/runs/{destination.run}/charts"
                _say(f"look at it: {page}")
                if open_browser:
                    open_in_browser(page)
                with Api(server.address) as api:
                    code = self._train(api, destination, stop)
                if stay and not stop.is_set():
                    _say(f"still serving {server.address}; Ctrl-C ends it")
                    stop.wait()
                    return code
                return stop.exit_code if stop.is_set() else code
            finally:
                server.stop()

    def _train(self, api: Api, destination: Destination, stop: Stop) -> int:
        """Start the ranks, follow them on the server, and check what arrived."""
        from stepwell.demo.exchange import Exchange
        from stepwell.demo.network import parameter_count

        plan = Plan(ranks=_RANKS, steps=self.steps)
        context = multiprocessing.get_context("spawn")
        exchange = Exchange.create(context, _RANKS, parameter_count())
        ranks = [
            context.Process(target=train, args=(rank, plan, destination, exchange), name=f"rank-{rank}")
            for rank in range(_RANKS)
        ]
        _say(f"training run {run_name(destination.run)} on {_RANKS} ranks: {plan.steps:,} steps")
        for process in ranks:
            process.start()
        try:
            self._follow(api, destination, ranks, stop)
        finally:
            for process in ranks:
                if process.is_alive():
                    process.terminate()
                process.join()
        if stop.is_set():
            _say("cut short; what was logged until now is on the server")
            return _INCOMPLETE
        failed = [process.name for process in ranks if process.exitcode]
        if failed:
            _say(f"{', '.join(failed)} ended with an error; the run is not complete")
            return _INCOMPLETE
        return self._check(api, destination)

    def _follow(self, api: Api, destination: Destination, ranks: Sequence[BaseProcess], stop: Stop) -> None:
        """Say now and then what is on the server, until the ranks have ended."""
        said = time.monotonic()
        while any(process.is_alive() for process in ranks) and not stop.is_set():
            stop.wait(_LOOK_SECONDS)
            if any(process.exitcode for process in ranks):
                return
            if time.monotonic() - said < _LINE_SECONDS:
                continue
            said = time.monotonic()
            run = _find(api, destination)
            if run is not None and run.last_step() is not None:
                summary = run.summary
                values = " ".join(
                    f"  {name} {summary[key]:.4f}"
                    for name, key in (("loss", "train/loss"), ("held-out accuracy", "val/accuracy"))
                    if isinstance(summary.get(key), float)
                )
                _say(f"step {run.lastHistoryStep + 1:>5,} of {self.steps:,}{values}")

    def _check(self, api: Api, destination: Destination) -> int:
        """Wait until every row of every rank is on the server; say what became of the run."""
        deadline = time.monotonic() + _COMPLETE_SECONDS
        while True:
            run = _find(api, destination)
            complete = run is not None and run.state == "finished" and run.rows == _RANKS * self.steps
            if complete or time.monotonic() > deadline:
                break
            time.sleep(_LOOK_SECONDS)
        if run is None:
            _say("nothing of the run has reached the server")
            return _INCOMPLETE
        rows = {str(rank): _rows_in_order(run, str(rank)) for rank in range(_RANKS)}
        missing = {label: count for label, count in rows.items() if count != self.steps}
        if missing or run.state != "finished":
            found = ", ".join(f"rank {label}: {count:,}" for label, count in rows.items())
            _say(f"the run is {run.state} and not complete: {self.steps:,} rows were expected ({found})")
            return _INCOMPLETE
        accuracy = run.summary["val/accuracy"]["max"]  # as its metric is defined
        _say(f"done: {run.rows:,} rows of {_RANKS} ranks are on the server, each once and in order")
        enough = "" if accuracy >= _ENOUGH_ACCURACY else f" (expected at least {_ENOUGH_ACCURACY}; more --steps help)"
        _say(f"best accuracy on held-out images: {accuracy:.4f}{enough}")
        return _DONE


def _find(api: Api, destination: Destination) -> Run | None:
    """Return the run; None as long as no rank has written."""
    try:
        return api.run(f"{destination.project}/{destination.run}")
    except CommError as error:
        if error.not_found:
            return None
        raise


def _rows_in_order(run: Run, label: str) -> int:
    """Return how many rows of a rank have the steps 0, 1, 2, … from the start."""
    count = 0
    for row in run.scan_history(keys=["train/loss"], label=label):
        if row["_step"] != count:
            break
        count += 1
    return count


def _say(text: str) -> None:
    print(f"stepwell: {text}", flush=True)
