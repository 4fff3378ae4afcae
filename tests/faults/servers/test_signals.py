"""Ending a server: whatever the signal, whenever it comes."""

import signal
import sys
import time
from pathlib import Path

import pytest

from tests.support.processes import STEPWELL, Process, ServerProcess, wait_until

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_the_server_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with ServerProcess(tmp_path) as server:
        for _ in range(6):
            server.running.signal(number)
            ended = server.running.wait(30)
            assert ended.code == 0, ended.output
            assert "Traceback" not in ended.stderr
            server.start()


def test_a_signal_while_the_server_starts_ends_it_too(tmp_path: Path) -> None:
    """Before it begins to start, the system ends it (143); from then on it ends in order (0)."""
    for millis in range(0, 400, 40):
        port_file = tmp_path / "port"
        with Process(
            [STEPWELL, "serve", "--dir", tmp_path / "s", "--port", "0", "--port-file", port_file], tmp_path / "w"
        ) as process:
            time.sleep(millis / 1e3)  # the moment is what is tried, not what is waited for
            process.signal(signal.SIGTERM)
            assert process.wait(30).code in {0, -signal.SIGTERM}


def test_further_signals_while_it_ends_change_nothing(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            server.running.signal(number)
        ended = server.running.wait(30)
    assert ended.code == 0, ended.output


def test_a_server_that_is_to_outlive_its_terminal_does(tmp_path: Path) -> None:
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    with ServerProcess(tmp_path, under=(sys.executable, "-c", ignoring)) as server:
        server.running.signal(signal.SIGHUP)
        with pytest.raises(AssertionError, match="in vain"):
            wait_until("it ends", lambda: not server.running.alive(), timeout=0.5)
        assert server.stop().code == 0
