"""Examples in README.md and docs/ run, and every `stepwell …` command in them exists with its flags."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.processes import ServerProcess, run_command, script

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
DOCUMENTS = [path for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if path.exists()]
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(stepwell [^`\n]+)`")
# An example that waits for a person, or for what a test machine has not, stands behind this remark and its
# reason.
_NOT_RUN = re.compile(r"<!-- not run: .+ -->\s*\Z")


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    document: Path
    line: int
    language: str
    text: str
    run: bool

    def __str__(self) -> str:
        return f"{self.document.name}:{self.line}"


def blocks(document: Path) -> list[Block]:
    text = document.read_text(encoding="utf-8")
    return [
        Block(
            document,
            text.count("\n", 0, found.start()) + 1,
            found[1],
            found[2],
            not _NOT_RUN.search(text, 0, found.start()),
        )
        for found in _FENCE.finditer(text)
    ]


BLOCKS = [block for document in DOCUMENTS for block in blocks(document)]
EXAMPLES = [block for block in BLOCKS if block.language in ("python", "py")]


def commands() -> dict[str, str]:
    """Return the `stepwell` commands of shell blocks and inline code, each with where it stands."""
    found: dict[str, str] = {}
    for block in BLOCKS:
        if block.language in ("sh", "bash", "shell", "console", ""):
            for line in block.text.splitlines():
                command = re.sub(r"\s+#.*", "", line.strip().removeprefix("$ "))
                command = re.sub(r"^(\w+=\S+ )+", "", command)
                if command.startswith("stepwell "):
                    found.setdefault(command, str(block))
    for document in DOCUMENTS:
        prose = _FENCE.sub("", document.read_text(encoding="utf-8"))
        for command in _INLINE.findall(prose):
            found.setdefault(command, document.name)
    return found


COMMANDS = commands()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_examples_run_one_after_the_other(document: Path, tmp_path: Path, shared_server: ServerProcess):
    work = tmp_path / "work"
    work.mkdir()
    for block in EXAMPLES:
        if block.document == document and block.run:
            source = re.sub(r"http://(localhost|127\.0\.0\.1|host):7117", shared_server.url, block.text)
            with script(source, work) as process:
                ended = process.wait()
            assert ended.code == 0, f"{block}: {ended.output}"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_command_exists(command: str, tmp_path: Path):
    words = [word for word in shlex.split(command) if word not in ("…", "...")][1:]
    if not words or words[0].startswith(("-", "…")):
        words = ["", *words]
    name = words[0]
    ended = run_command(*([name] if name else []), "--help", directory=tmp_path)
    assert ended.code == 0, f"{COMMANDS[command]}: {ended.output}"
    for flag in (word.split("=")[0] for word in words if word.startswith("--")):
        assert flag in ended.stdout, f"{COMMANDS[command]} names {flag}, which `stepwell {name} --help` does not"


def test_there_are_documents_to_check():
    assert (ROOT / "README.md") in DOCUMENTS
    assert EXAMPLES
    assert COMMANDS
