"""Media that are logged in no row: in the config, in the summary, nested and in lists, each with its file."""

from typing import Any

import pytest

from tests.support.places import Place

pytestmark = pytest.mark.e2e

TRAINING = """
import matplotlib, numpy as np, pandas as pd, PIL.Image
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import stepwell

def figure(title):
    made, axes = plt.subplots()
    axes.plot([1, 2])
    made.suptitle(title)
    return made

def media(name):
    pixels = np.full((4, 5, 3), len(name), np.uint8)
    return {
        "frame": pd.DataFrame({"name": [name, "b"], "number": [1.5, 2.5]}),
        "picture": PIL.Image.fromarray(pixels),
        "figure": figure(""),
        "titled": figure(name),
        "image": stepwell.Image(pixels, caption=name),
        "list": [stepwell.Image(pixels), "text"],
        "inner": {"table": stepwell.Table(columns=["a"], data=[[name]])},
    }

run = stepwell.init(project="outside", id="r", config={"given": media("given")})
run.config.update({"updated": media("updated")})
run.config["item"] = media("item")
run.summary["summary"] = media("summary")
run.finish()
"""


@pytest.fixture(scope="module")
def found(place: Place) -> Any:
    ended = place.run(TRAINING)
    assert ended.code == 0, ended.stderr
    assert ended.stderr.count("logged as an image") == 1, "said once"
    return place.api().run("outside/r")


@pytest.mark.parametrize("where", ["given", "updated", "item", "summary"])
def test_media_outside_of_rows_have_their_files(found: Any, where: str):
    record = found.summary["summary"] if where == "summary" else found.config[where]
    frame = found.media(record["frame"])
    assert (frame.columns, frame.data) == (["name", "number"], [[where, 1.5], ["b", 2.5]])
    assert record["figure"]["_type"] == "plotly-file"
    assert record["titled"]["_type"] == "image-file", "its title would be lost"
    assert record["image"]["caption"] == where
    assert found.media(record["inner"]["table"]).data == [[where]]
    for picture in (record["picture"], record["image"], record["list"][0]):
        assert found.media(picture).getpixel((0, 0)) == (len(where),) * 3
    assert record["list"][1] == "text"
    assert {record[name]["path"] for name in ("figure", "titled")} <= {file.name for file in found.files()}
