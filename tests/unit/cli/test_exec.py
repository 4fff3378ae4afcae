"""`stepwell exec`: a program sees what Python gives it, and a command of another kind becomes itself."""

import os
import shutil
import subprocess
import sys
import zipapp
from pathlib import Path

import pytest

from stepwell.cli.exec import command_of
from tests.support.processes import environment

pytestmark = pytest.mark.e2e
SHOW = """\
import sys, traceback
print(__name__, sys.argv, sys.path[0], *(globals().get(name) for name in ("__file__", "__package__", "__doc__")))
print(sorted(globals()), type(__loader__).__name__, getattr(__spec__, "name", None))
print(sys.modules["__main__"].__dict__ is globals(), sys.flags)
"""


def both(tmp_path: Path, *words: str, **more: str) -> list[subprocess.CompletedProcess[str]]:
    """Run what Python itself would be given, without and with `exec`."""
    return [
        subprocess.run(
            [sys.executable, *before, *words],
            cwd=tmp_path,
            env=environment(tmp_path, {"PYTHONDONTWRITEBYTECODE": "1"}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **more,
        )
        for before in ((), ("-m", "stepwell", "exec"))
    ]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "show.py").write_text(SHOW)
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__main__.py").write_text(SHOW)
    zipapp.create_archive(tmp_path / "pack", tmp_path / "app.pyz")
    (tmp_path / "fails.py").write_text("def inner():\n    raise ValueError('of the script')\n\ninner()\n")
    (tmp_path / "wrong.py").write_text("x = (\n")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["show.py", "-a", "b"],
        ["./show.py"],
        ["pack/__main__.py"],
        ["-m", "show", "-m", "x"],
        ["-m", "pack"],
        ["pack", "c"],
        ["app.pyz", "d"],
        ["-O", "-W", "ignore", "show.py"],
        ["-I", "show.py"],
        ["-c", "import sys; print(sys.argv)", "a"],
        ["fails.py"],
        ["-m", "fails"],
        ["wrong.py"],
        ["-m", "nothing"],
        ["-c", "1 / 0"],
    ],
    ids=" ".join,
)
def test_a_program_sees_what_python_gives_it(program: Path, words: list[str]):
    plain, seen = both(program, *words)
    assert (seen.returncode, seen.stdout, seen.stderr) == (plain.returncode, plain.stdout, plain.stderr)


def test_a_program_may_come_from_a_pipe(tmp_path: Path):
    plain, seen = both(tmp_path, "-", "a", input=SHOW)
    assert (seen.stdout, seen.stderr) == (plain.stdout, plain.stderr)


def test_a_traceback_belongs_to_the_hook_that_the_program_has_set(program: Path):
    (program / "own.py").write_text("import sys\nsys.excepthook = lambda kind, *_: print(kind)\n1 / 0\n")
    _, seen = both(program, "own.py")
    assert (seen.returncode, seen.stdout, seen.stderr) == (1, "<class 'ZeroDivisionError'>\n", "")


def test_a_job_script_finds_this_python_and_the_drop_in(tmp_path: Path):
    (tmp_path / "job.sh").write_text("set -e\nexport JOB=1\npython train.py $1\nexit 7\n")
    (tmp_path / "train.py").write_text("import sys, wandb\nprint(sys.argv[1:], wandb.init.__module__, sys.prefix)\n")
    own = environment(tmp_path) | {"PATH": os.defpath}
    command = [sys.executable, "-m", "stepwell", "exec", "sh", "job.sh", "-x"]
    done = subprocess.run(command, cwd=tmp_path, env=own, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout.split() == ["['-x']", "stepwell.wandb.init", sys.prefix]


def test_what_is_a_script_and_what_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name, line in {"job": "#!/bin/sh", "tool": f"#!{sys.executable}", "sh": "import sys"}.items():
        (tmp_path / name).write_text(f"{line}\n")
        (tmp_path / name).chmod(0o700)
    (tmp_path / "plain.sh").write_text("#!/bin/sh\n")
    shell = shutil.which("env")
    assert command_of(["env", "-i"]) == [shell, "-i"]
    assert command_of(["job", "a"]) == [str(tmp_path / "job"), "a"]
    for script in ("tool", "sh", "plain.sh"):  # a file of the name goes before the command
        first, program, *rest = command_of([script, "a"])
        assert (first, Path(program).name, rest) == (sys.executable, "main_program.py", [script, "a"])
    (tmp_path / "train.py").write_bytes(b"#!/bin/sh\n")
    (tmp_path / "train.py").chmod(0o700)
    assert command_of(["train.py"])[0] == sys.executable, "a script by its name"
    for python in ("python", "python3"):
        found = shutil.which(python)
        assert command_of([python, "-u", "plain.sh"])[:2] == [found, "-u"]
        assert Path(command_of([python, "plain.sh"])[1]).name == "main_program.py"
        assert command_of([python, "env"]) == [found, "env"]
        assert command_of([python]) == [found]
    for left in (["-c", "1"], ["-"], ["nothing.py"], ["-i"], ["x.pyc"]):
        assert command_of(left) == [sys.executable, *left]


def test_a_program_by_its_path_is_what_its_first_bytes_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    shell = str(shutil.which("sh"))
    assert command_of([shell, "-c", "true"]) == [shell, "-c", "true"], "machine code"
    other = tmp_path / "venv" / "bin" / "python3.99"
    other.parent.mkdir(parents=True)
    other.symlink_to(sys.executable)
    for python in (str(other), "venv/bin/python3.99"):
        assert [Path(word).name for word in command_of([python, "-u", "-m", "train"])] == [
            "python3.99",
            "-u",
            "main_program.py",
            "-m",
            "train",
        ]
    for name, line, expected in (
        ("tool", f"#!{other} -E", [str(other), "-E"]),
        ("any", "#!/usr/bin/env python3", [sys.executable]),
        ("gone", "#!/nowhere/bin/python", [sys.executable]),
    ):
        (tmp_path / name).write_text(f"{line}\n")
        (tmp_path / name).chmod(0o700)
        *before, program, script, argument = command_of([f"./{name}", "a"])
        assert (before, Path(program).name, script, argument) == (expected, "main_program.py", f"./{name}", "a")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-mpytest", "a.py"], ["main_program.py", "-m", "pytest", "a.py"]),
        (["-um", "pytest", "a.py"], ["-u", "main_program.py", "-m", "pytest", "a.py"]),
        (["-Bc1", "a.py"], ["-B", "-c", "1", "a.py"]),
        (["-Wmodule", "-X", "c", "a.py"], ["-Wmodule", "-X", "c", "main_program.py", "a.py"]),
    ],
    ids=str,
)
def test_options_may_be_written_in_one_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], expected: list[str]
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").touch()
    python, *rest = command_of(words)
    assert python == sys.executable
    assert [Path(word).name for word in rest] == expected
