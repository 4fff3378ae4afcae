"""Sources of the config that `init(config=…)` accepts."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import stepwell
from stepwell.errors import UsageError
from stepwell.startup.config_source import read_config


@dataclass
class Options:
    lr: float = 0.1
    depth: int = 3


class Flags:
    """Looks like `absl.flags.FLAGS`."""

    def flag_values_dict(self) -> dict[str, Any]:
        return {"lr": 0.1, "depth": 3}


class Items:
    """Looks like a ConfigDict of ml_collections: it has items, and is no Mapping."""

    def __init__(self) -> None:
        self._locked = True

    def keys(self) -> list[str]:
        return ["lr", "depth"]

    def __getitem__(self, key: str) -> Any:
        return getattr(Options, key)


@pytest.mark.parametrize(
    "source",
    [{"lr": 0.1, "depth": 3}, argparse.Namespace(lr=0.1, depth=3), Options(), Flags(), Items()],
    ids=lambda s: type(s).__name__,
)
def test_values_come_from(source: object):
    assert read_config(source) == {"lr": 0.1, "depth": 3}
    assert read_config(source, include=["lr"]) == {"lr": 0.1}
    assert read_config(source, exclude=["lr"]) == {"depth": 3}


def test_no_config_is_an_empty_one():
    assert read_config(None) == {}


def test_include_and_exclude_exclude_each_other():
    with pytest.raises(UsageError, match="exclude each other"):
        read_config({}, ["a"], ["b"])
    with pytest.raises(UsageError, match="sequence"):
        read_config({}, include="lr")


@pytest.mark.parametrize("source", [5, [1], Options, print])
def test_anything_else_is_refused(source: object):
    with pytest.raises(UsageError, match="config must be"):
        read_config(source)


def test_a_yaml_file_is_read(tmp_path: Path):
    file = tmp_path / "config.yaml"
    file.write_text("wandb_version: 1\nlr:\n  desc: rate\n  value: 0.1\nmodel:\n  depth: 3\n")
    assert read_config(file) == {"lr": 0.1, "model": {"depth": 3}}
    file.write_text("- 1\n")
    with pytest.raises(UsageError, match="no mapping"):
        read_config(str(file))
    with pytest.raises(UsageError, match="missing"):
        read_config(tmp_path / "missing.yaml")


def test_defaults_come_from_the_files_that_wandb_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STEPWELL_SILENT", raising=False)
    monkeypatch.setenv("WANDB_CONFIG_PATHS", "more.yaml,none.yaml")
    Path("config-defaults.yaml").write_text(
        "wandb_version: 1\nlr:\n  desc: null\n  value: 0.1\nepochs:\n  value: 3\nlayers: 2\n"
    )
    Path("more.yaml").write_text("epochs: 5\n")
    with stepwell.init(mode="disabled", config={"lr": 0.5}) as run:
        assert run.config.as_dict() == {"lr": 0.5, "epochs": 5, "layers": 2}
    assert "none.yaml cannot be read" in capsys.readouterr().err
    Path("config-defaults.yaml").write_text("{")
    with stepwell.init(mode="disabled") as run:
        assert run.config.as_dict() == {"epochs": 5}


def test_an_empty_config_is_none():
    for empty in (None, [], "", ()):
        assert read_config(empty) == {}
