"""Sources of the config that `init(config=…)` accepts."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

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


@pytest.mark.parametrize(
    "source",
    [{"lr": 0.1, "depth": 3}, argparse.Namespace(lr=0.1, depth=3), Options(), Flags()],
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
