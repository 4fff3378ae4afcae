"""Magics of notebooks, with a shell in the place of IPython's."""

from collections.abc import Callable
from pathlib import Path

import pytest

import stepwell


class Shell:
    def __init__(self) -> None:
        self.magics: dict[str, Callable[..., None]] = {}
        self.cells: list[str] = []

    def register_magic_function(self, function: Callable[..., None], kind: str, name: str) -> None:
        assert kind == "line_cell"
        self.magics[name] = function

    def run_cell(self, cell: str) -> None:
        self.cells.append(cell)


def test_a_cell_is_run_below_its_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    shell = Shell()
    stepwell.load_ipython_extension(shell)
    assert shell.magics.keys() == {"wandb", "stepwell"}
    shell.magics["wandb"]("", "train()\n")
    assert shell.cells == ["train()\n"]
    assert "there is no run; stepwell.init() begins one" in capsys.readouterr().err
    with stepwell.init(project="p", id="r", dir=tmp_path, settings={"silent": True}) as run:
        shown: list[int] = []
        run.display = shown.append  # type: ignore[method-assign]
        shell.magics["stepwell"]("-h 600")
    assert shown == [600]


def test_a_run_that_is_over_is_named_with_the_way_to_look_at_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("STEPWELL_DIR", str(tmp_path))
    monkeypatch.delenv("STEPWELL_URL", raising=False)
    with stepwell.init(project="p", id="r", settings={"silent": True}) as run:
        run.log({"a": 1})
    shell = Shell()
    stepwell.load_ipython_extension(shell)
    shell.magics["wandb"]("p/r")
    assert f"stepwell ui {tmp_path}" in capsys.readouterr().err
