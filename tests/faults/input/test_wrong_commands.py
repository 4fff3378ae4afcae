"""Wrong commands and addresses: an exit code and a sentence that names the flag, and no traceback."""

import re
from pathlib import Path

import pytest

from stepwell import Api, CommError
from tests.support.disturbed_training import TRAINING
from tests.support.processes import STEPWELL, Process, ServerProcess, run_command, run_script

pytestmark = pytest.mark.e2e


def refused(*arguments: str | Path, directory: Path, named: list[str]) -> None:
    ended = run_command(*arguments, directory=directory)
    assert ended.code != 0, ended.output
    assert "Traceback" not in ended.output
    for each in named:
        assert re.search(each, ended.stderr), f"{each!r} is not named in: {ended.stderr}"


def test_a_port_in_use_is_named_and_so_is_the_flag(server: ServerProcess, work: Path):
    port = str(server.port)
    refused("serve", "--dir", work / "other", "--port", port, directory=work, named=[port, "in use", "--port"])
    assert scan_status(server) == "server"


def scan_status(server: ServerProcess) -> str:
    from tests.support.http_api import get

    return str(get(server.url, "/status").json["mode"])


def test_wrong_commands_are_answered_with_what_to_do(work: Path):
    refused("sing", directory=work, named=["sing", "serve"])
    refused("serve", "--port", "many", directory=work, named=["--port", "many"])
    refused("serve", "--port", "70000", directory=work, named=["port", "70000|65535"])
    refused("ui", "nowhere", "--no-browser", directory=work, named=["nowhere"])
    refused("sync", "nowhere", "--url", "http://127.0.0.1:9", directory=work, named=["nowhere"])
    refused("runs", "nowhere", directory=work, named=["nowhere"])


def test_syncing_to_nobody_is_answered_with_what_to_do(work: Path):
    run_script(TRAINING, work, {}, "100")
    with Process([STEPWELL, "sync", "--url", "http://127.0.0.1:9", "--timeout", "2"], work) as syncing:
        ended = syncing.wait()
    assert ended.code != 0
    assert "127.0.0.1:9" in ended.output
    assert "Traceback" not in ended.output


def test_reading_what_is_not_there_is_answered_with_what_to_do(work: Path):
    with pytest.raises(CommError, match="nowhere"):
        Api(work / "nowhere")
    with pytest.raises(CommError, match=r"cannot be reached.*stepwell serve"):
        Api("http://127.0.0.1:9").runs("p")
    with pytest.raises(ValueError, match="project/id"):
        Api("http://127.0.0.1:9").run("a/b/c/d")
