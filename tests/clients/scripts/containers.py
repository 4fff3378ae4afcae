"""Containers that programs keep their options in, in every place that takes values."""

import dataclasses
import enum

import attrs
import ml_collections
import omegaconf
import pydantic
import wandb
from absl import flags


class Colour(enum.Enum):
    RED = "red"


@attrs.define
class Attrs:
    a: int = 1
    n: tuple[int, ...] = (1, 2)


class Model(pydantic.BaseModel):
    a: int = 1
    n: list[int] = [1, 2]
    secret: pydantic.SecretStr = pydantic.SecretStr("word")


@dataclasses.dataclass
class Structure:
    a: int = 1
    n: list[int] = dataclasses.field(default_factory=lambda: [1, 2])
    colour: Colour = Colour.RED


FLAGS = flags.FlagValues()
flags.DEFINE_integer("a", 1, "", flag_values=FLAGS)
flags.DEFINE_list("n", ["1", "2"], "", flag_values=FLAGS)
FLAGS(["program"])

# A required value that is not there yet, and one that names another.
INCOMPLETE = omegaconf.OmegaConf.create({"a": 1, "missing": "???", "n": [1, "???"], "same": "${a}"})
CONTAINERS = {
    "attrs": Attrs(),
    "pydantic": Model(),
    "structure": omegaconf.OmegaConf.structured(Structure),
    "config_dict": ml_collections.ConfigDict({"a": 1, "n": (1, 2)}),
    "frozen": ml_collections.FrozenConfigDict({"a": 1, "n": (1, 2)}),
    "absl": FLAGS,
    "incomplete": INCOMPLETE,
}
for name, container in CONTAINERS.items():
    tags = omegaconf.OmegaConf.create(["one", "two"])
    with wandb.init(project="containers", id=name, config=container, tags=tags) as run:
        run.config.update({"inner": {"in": [container]}})
        run.log({"row": [container]})
        run.log({"table": wandb.Table(columns=["cell"], data=[[container]])})
        run.summary["value"] = [container]
with wandb.init(project="containers", id="copied", config={"optimizer": {"name": "adam"}}) as run:
    copy = omegaconf.OmegaConf.create(dict(run.config))
    assert copy.optimizer.name == omegaconf.OmegaConf.create(run.config["optimizer"]).name == "adam"
