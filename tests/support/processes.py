"""Real processes for the tests: server, scripts, commands. Each has a deadline and is ended by its own id."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

T = TypeVar("T")

# With it, a test run that is killed (a timeout does that) leaves nobody behind. It replaces itself by the
# command, so the process id is the command's. A preexec_fn is no way: it needs fork(), which gRPC in this
# process does not survive.
_END_WITH_PARENT = [path, "--pdeathsig", "KILL", "--"] if (path := shutil.which("setpriv")) else []

# How long anything may take before it counts as hanging. It is no promise: both cores may be busy with
# something else.
DEADLINE_S = 60.0
STEPWELL = Path(sys.executable).with_name("stepwell")
# What a launcher, another test or the person at the keyboard may have set, and no test may inherit.
_FOREIGN = ("STEPWELL_", "WANDB_", "SLURM_", "OMPI_", "PMI_", "GRPC_")
_FOREIGN_NAMES = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK", "TORCHELASTIC_RESTART_COUNT")
_FOREIGN_NAMES += ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def wait_until(what: str, condition: Callable[[], T], timeout: float = DEADLINE_S, every: float = 0.02) -> T:
    """Return the first true answer of `condition`; fail with `what` and the last one after `timeout` s."""
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s in vain until {what}; at last: {answer!r}")
        time.sleep(every)


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a child: this one's without settings of launchers, with a home of its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN) and name not in _FOREIGN_NAMES
    }
    kept |= {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    return kept | dict(extra or {})


def free_port() -> int:
    """Return a port that was free a moment ago, for servers whose address must be known before."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Ended:
    """What is left of a process."""

    code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Everything it said."""
        return f"{self.stdout}\n{self.stderr}"


@dataclass
class Process:
    """A child whose output goes to files, so that no full pipe can stop it."""

    arguments: Sequence[str | Path]
    directory: Path
    env: Mapping[str, str] = field(default_factory=dict)
    popen: subprocess.Popen[bytes] | None = None
    _files: list[IO[bytes]] = field(default_factory=list)

    def start(self) -> "Process":
        """Start it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        logs = self.directory.parent / f"{self.directory.name}.logs"
        logs.mkdir(exist_ok=True)
        number = len(list(logs.iterdir()))
        # Outside of its working directory, whose content is part of what some tests look at.
        self._files = [(logs / f"{number:03}.{name}").open("w+b") for name in ("stdout", "stderr")]
        self.popen = subprocess.Popen(
            [*_END_WITH_PARENT, *(str(argument) for argument in self.arguments)],
            cwd=self.directory,
            env=environment(self.directory.parent / "home", self.env),
            stdin=subprocess.DEVNULL,
            stdout=self._files[0],
            stderr=self._files[1],
        )
        return self

    @property
    def running(self) -> subprocess.Popen[bytes]:
        """The started process."""
        assert self.popen is not None, "not started"
        return self.popen

    @property
    def stdout(self) -> str:
        """What it has said so far."""
        return Path(self._files[0].name).read_text(errors="replace")

    @property
    def stderr(self) -> str:
        """What it has complained about so far."""
        return Path(self._files[1].name).read_text(errors="replace")

    def alive(self) -> bool:
        """Return whether it runs."""
        return self.running.poll() is None

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self.signal(signal.SIGKILL)
        self.running.wait(DEADLINE_S)

    def signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            self.running.send_signal(number)

    def wait(self, timeout: float = DEADLINE_S) -> Ended:
        """Wait for its end."""
        try:
            code = self.running.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"not done after {timeout} s; it said:\n{self.stdout}\n{self.stderr}") from None
        return Ended(code, self.stdout, self.stderr)

    def close(self) -> None:
        """Make sure that it is gone."""
        if self.popen is not None and self.popen.poll() is None:
            self.kill()
        for file in self._files:
            file.close()

    def __enter__(self) -> "Process":
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.close()


def script(source: str, directory: Path, env: Mapping[str, str] | None = None, *arguments: str) -> Process:
    """Return a Python process, not yet started, that runs `source` in `directory`."""
    code = textwrap.dedent(source)
    return Process([sys.executable, "-c", code, *arguments], directory, env or {})


def run_script(
    source: str, directory: Path, env: Mapping[str, str] | None = None, *arguments: str, timeout: float = DEADLINE_S
) -> Ended:
    """Run `source` in `directory`; its failure is the test's."""
    with script(source, directory, env, *arguments) as process:
        ended = process.wait(timeout)
    assert ended.code == 0, f"exit code {ended.code}:\n{ended.stdout}\n{ended.stderr}"
    return ended


def run_command(
    *arguments: str | Path, directory: Path, env: Mapping[str, str] | None = None, timeout: float = DEADLINE_S
) -> Ended:
    """Run `stepwell ARGUMENTS…` in `directory` and return how it ended."""
    with Process([STEPWELL, *arguments], directory, env or {}) as process:
        return process.wait(timeout)


class ServerProcess:
    """A real `stepwell serve` (or `ui`), `under` another program or not, that can be started again."""

    def __init__(
        self,
        home: Path,
        command: Sequence[str | Path] = ("serve",),
        port: int = 0,
        process_env: Mapping[str, str] | None = None,
        under: Sequence[str | Path] = (),
    ) -> None:
        self.home = home
        self.under = under
        self.process_env = process_env or {}
        self.directory = home / "server"
        self.command = command
        self.port = port
        self.process: Process | None = None

    def start(self) -> "ServerProcess":
        """Start it and wait until it listens."""
        port_file = self.home / "port"
        port_file.unlink(missing_ok=True)
        arguments: list[str | Path] = [*self.under, STEPWELL, *self.command]
        if self.command[0] == "serve":
            arguments += ["--dir", self.directory]
        arguments += ["--port", str(self.port), "--port-file", port_file]
        self.process = process = Process(arguments, self.home / "serve", self.process_env).start()

        def listening() -> bool:
            assert process.alive(), f"the server ended:\n{process.stdout}\n{process.stderr}"
            return port_file.exists() and port_file.read_text().strip().isdigit()

        wait_until("the server has written its port file", listening)
        self.port = int(port_file.read_text())
        return self

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """What makes a script write to it."""
        return {"STEPWELL_URL": self.url}

    @property
    def running(self) -> Process:
        """The process."""
        assert self.process is not None, "not started"
        return self.process

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self.running.kill()
        self.running.close()

    def stop(self, timeout: float = DEADLINE_S) -> Ended:
        """End it in order."""
        self.running.signal(signal.SIGTERM)
        ended = self.running.wait(timeout)
        self.running.close()
        return ended

    def close(self) -> None:
        """Make sure that it is gone."""
        if self.process is not None:
            self.process.close()

    def __enter__(self) -> "ServerProcess":
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.close()
