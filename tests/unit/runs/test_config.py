"""The config: set once, nested, and sent as it changes."""

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import pytest
import yaml

from stepwell.errors import ConfigError
from stepwell.runs.config import Config


class Level(Enum):
    HIGH = "high"


class Sent:
    """Takes what a config sends."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, Any], list[str]]] = []

    def __call__(self, values: Mapping[str, Any], deleted: Sequence[str]) -> None:
        self.calls.append((dict(values), list(deleted)))


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def config(sent: Sent) -> Config:
    return Config(sent)


def test_items_and_attributes_are_the_same(config: Config, sent: Sent):
    config["lr"] = 0.1
    config.depth = 3
    assert (config.lr, config["depth"], config.get("none", 7)) == (0.1, 3, 7)
    assert dict(config) == {"lr": 0.1, "depth": 3}
    assert sent.calls == [({"lr": 0.1}, []), ({"depth": 3}, [])]


def test_a_change_is_refused_and_nothing_of_the_call_is_kept(config: Config, sent: Sent):
    config.lr = 0.1
    with pytest.raises(ConfigError, match=r"'lr'.*0\.1.*0\.2.*allow_val_change"):
        config.update({"new": 1, "lr": 0.2})
    assert dict(config) == {"lr": 0.1}
    assert len(sent.calls) == 1


def test_the_same_value_again_is_no_change(config: Config, sent: Sent):
    config.update({"lr": 0.1, "nan": math.nan, "list": [1, math.nan]})
    config.update({"lr": 0.1, "nan": math.nan, "list": (1, math.nan)})
    assert len(sent.calls) == 1


def test_a_change_can_be_allowed_for_a_call_or_for_good(sent: Sent):
    config = Config(sent)
    config.lr = 0.1
    config.update({"lr": 0.2}, allow_val_change=True)
    assert config.lr == 0.2
    free = Config(sent, allow_val_change=True)
    free.lr = 1
    free.lr = 2
    del free["lr"]
    assert dict(free) == {}
    assert sent.calls[-1] == ({}, ["lr"])


def test_a_deletion_is_a_change(config: Config):
    config.lr = 0.1
    with pytest.raises(ConfigError, match="lr"):
        del config.lr
    with pytest.raises(KeyError):
        del config["missing"]


def test_nested_dicts_keep_to_the_same_rule(config: Config, sent: Sent):
    config.model = {"depth": 3, "head": {"size": 8}}
    assert config.model.head.size == 8
    config.model.head["dropout"] = 0.5
    assert config.as_dict() == {"model": {"depth": 3, "head": {"size": 8, "dropout": 0.5}}}
    assert sent.calls[-1][0] == {"model": {"depth": 3, "head": {"size": 8, "dropout": 0.5}}}
    with pytest.raises(ConfigError, match=r"model\.depth"):
        config["model"]["depth"] = 4
    assert config.model == {"depth": 3, "head": {"size": 8, "dropout": 0.5}}


def test_nested_dicts_are_real_dicts(config: Config):
    config.model = {"depth": 3}
    assert json.dumps(config.model) == '{"depth": 3}'
    assert {**config.model} == {"depth": 3}
    assert isinstance(config.model, dict)
    assert type(config.as_dict()["model"]) is dict


def test_what_is_taken_out_as_a_whole_is_plain_dicts(config: Config):
    config.model = {"head": {"size": 8}}
    for copy in (dict(config), {**config}, config.copy(), dict(config.items()), config.as_dict()):
        assert type(copy["model"]) is type(copy["model"]["head"]) is dict
    model = config.model
    assert model["head"] is model["head"], "read, it is one that hands its changes on"
    model.head.depth = 3
    assert [type(copy["head"]) for copy in (dict(model), model.copy(), {**model})] == [dict, dict, dict]
    assert dict(model) == model == config.model == {"head": {"size": 8, "depth": 3}}
    assert yaml.safe_dump(dict(config)) == "model:\n  head:\n    depth: 3\n    size: 8\n"
    assert yaml.safe_dump(config.model) == yaml.dump(config["model"]) == "head:\n  depth: 3\n  size: 8\n"
    assert json.dumps(config) == '{"model": {"head": {"size": 8, "depth": 3}}}'


def test_what_a_script_does_to_a_copy_changes_nothing_here(config: Config, sent: Sent):
    config.model = {"depth": 3, "head": {"size": 8}}
    dict(config)["model"].pop("depth")
    dict(config.items())["model"]["head"].clear()
    assert config.model == {"depth": 3, "head": {"size": 8}}
    assert len(sent.calls) == 1


def test_what_is_appended_to_a_list_is_sent_at_the_end(config: Config, sent: Sent):
    config.setdefault("tags", []).append("a")
    config.update({"data": {"folds": [[1]]}, "rest": [1], "lr": 0.1})
    config.data.folds[0].append(2)
    assert (config.tags, config.data.folds, config["rest"]) == (["a"], [[1, 2]], [1])
    config.persist()
    assert sent.calls[2:] == [({"tags": ["a"], "data": {"folds": [[1, 2]]}}, [])]
    assert dict(config) == {"tags": ["a"], "data": {"folds": [[1, 2]]}, "rest": [1], "lr": 0.1}
    config.persist()
    assert len(sent.calls) == 3


def test_a_script_may_take_a_nested_dict_apart(config: Config, sent: Sent):
    config.optimizer = {"name": "adam", "lr": 0.1}
    options = config.optimizer
    assert options.pop("name") == "adam"
    assert options == {"lr": 0.1}
    assert config.optimizer == {"name": "adam", "lr": 0.1}
    assert len(sent.calls) == 1


@pytest.mark.parametrize("name", ["values", "pop", "clear", "popitem", "copy", "setdefault", "fromkeys"])
def test_keys_of_the_user_go_before_the_methods_that_wandb_has_not(name: str, sent: Sent):
    config = Config(sent, allow_val_change=True)
    config[name] = {"a": 1}
    assert getattr(config, name) == {"a": 1}
    config[name] = 5
    assert (getattr(config, name), dict(config)) == (5, {name: 5})
    del config[name]
    assert callable(getattr(config, name))
    assert (len(config), list(config.keys())) == (0, [])


def test_keys_of_any_type_have_names(config: Config):
    config.update({1: "one", (1, 2): {Level.HIGH: 3}})
    assert dict(config) == {"1": "one", "(1, 2)": {"high": 3}}
    assert config[1] == "one"
    assert config[1, 2][Level.HIGH] == 3


def test_a_branch_that_was_kept_does_not_undo_what_came_later(config: Config):
    config.model = {"depth": 3}
    kept = config.model
    config.model["a"] = 1
    kept["b"] = 2
    assert config.model == {"depth": 3, "a": 1, "b": 2}


def test_the_original_dict_may_change_afterwards(config: Config):
    given = {"depth": 3}
    config.model = given
    given["depth"] = 4
    assert config.model.depth == 3


def test_namespaces_and_keywords_are_accepted(config: Config):
    config.update(argparse.Namespace(batch=32), epochs=5)
    config.setdefaults({"batch": 64, "seed": 1})
    assert dict(config) == {"batch": 32, "epochs": 5, "seed": 1}


def test_a_missing_key_names_those_that_are_there(config: Config):
    config.lr = 0.1
    with pytest.raises(AttributeError, match=r"'lrr'.*lr"):
        _ = config.lrr


def test_what_cannot_be_sent_is_not_remembered():
    def fail(values: Mapping[str, Any], deleted: Sequence[str]) -> None:
        raise RuntimeError("no")

    config = Config(fail)
    with pytest.raises(RuntimeError):
        config.lr = 0.1
    assert "lr" not in config
