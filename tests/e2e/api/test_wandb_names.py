"""Forms in which scripts written for wandb read runs: nested summaries, arguments of `Api`, files added."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import stepwell
from stepwell import Api, CommError
from tests.support.places import Place

pytestmark = pytest.mark.e2e

METRICS = """
import stepwell
with stepwell.init(project="api", id="metrics") as run:
    run.define_metric("acc", summary="max,min")
    for acc in (0.5, 0.25):
        run.log({"acc": acc, "val": {"loss": acc}, "plain": acc})
"""


def own(summary: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in summary.items() if key[0] != "_"}


def test_a_summary_has_nested_dicts_and_knows_their_joined_keys(place: Place):
    place.run(METRICS)
    run = place.api().run("api/metrics")
    nested = {"acc": {"max": 0.5, "min": 0.25}, "val": {"loss": 0.25}, "plain": 0.25}
    for summary in (run.summary, run.summary_metrics, run.summary._json_dict, place.api().runs("api")[0].summary):
        assert own(summary) == own(json.loads(json.dumps(summary))) == nested
        assert summary["_step"] == 1
        assert type(dict(summary)["acc"]) is dict
        assert (summary["acc"], summary.get("acc.max"), summary["val.loss"]) == (nested["acc"], 0.5, 0.25)
        assert all(key in summary for key in ("acc", "acc.max", "val", "val.loss"))
        assert not any(key in summary for key in ("acc.mean", "va", "val.loss.x"))
        assert summary.get("val.loss.x") is None
    run.summary_metrics.update({"plain": 7})
    assert run.summary.plain == 0.25
    run.summary["val"] = {"loss": 1, "f1": 2}
    run.summary["val.f1"] = 3
    del run.summary["acc.min"]
    assert run.summary.pop("plain") == 0.25
    run.summary.update({"late": {"x": 1}})
    expected = {"acc": {"max": 0.5}, "late": {"x": 1}, "val": {"loss": 1, "f1": 3}}
    assert own(place.api().run("api/metrics").summary) == expected
    table = place.api().runs("api", {"name": "metrics"}).to_pandas()
    assert table["summary.val.f1"].tolist() == [3]


def test_an_api_takes_what_that_of_wandb_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STEPWELL_DIR", str(tmp_path / "new" / "runs"))
    monkeypatch.delenv("STEPWELL_URL", raising=False)
    for api in (Api(), Api({"project": "api", "base_url": "https://api.wandb.ai"}, 20, "key"), Api(api_key="key")):
        assert len(api.runs("api")) == 0
        with pytest.raises(CommError, match="there is no"):
            api.run("api/r")
    with stepwell.init(entity="team", project="api", id="r", settings={"silent": True}) as run:
        run.log({"a": 1})
    with Api(overrides={"entity": "team", "project": "api"}, timeout=None) as api:
        assert len(api.runs()) == 1
        assert (api.settings["entity"], api.settings["project"], len(api.api_key)) == ("team", "api", 40)
        assert [row["a"] for row in api.run("r").scan_history(use_cache=False)] == [1]
    with pytest.raises(CommError, match="there is no directory"):
        Api(tmp_path / "elsewhere")


def test_a_file_is_added_to_a_run_that_has_ended(place: Place, tmp_path: Path):
    place.run(METRICS.replace('id="metrics"', 'id="more"'))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "report.txt").write_text("all is well")
    run = place.api().run("api/more")
    assert run.upload_file(tmp_path / "deep" / "report.txt", root=tmp_path).name == "deep/report.txt"
    again = place.api().run("api/more")
    assert again.file("deep/report.txt").read() == b"all is well"
    assert again.state == "finished"
    with pytest.raises(ValueError, match="subpath"):
        run.upload_file("/etc/hostname", root=tmp_path)
