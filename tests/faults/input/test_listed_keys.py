"""A run with very many keys: lists stay short, and what is left out is said and can be had."""

import json
import urllib.parse
import urllib.request
from typing import Any

import pytest

from stepwell import Api
from tests.support.processes import ServerProcess, run_script

pytestmark = pytest.mark.e2e

_KEYS = 1_500


@pytest.fixture(scope="module")
def address(shared_server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of a server that has a run with many keys."""
    code = f"""
        import stepwell
        with stepwell.init(project="keys", id="r") as run:
            run.log({{f"key/{{i:04}}": i for i in range({_KEYS})}})
    """
    run_script(code, tmp_path_factory.mktemp("keys"), shared_server.env)
    return shared_server.url


def _get(address: str, path: str, **query: Any) -> dict[str, Any]:
    words = urllib.parse.urlencode({"entity": "local", "project": "keys", **query}, doseq=True)
    with urllib.request.urlopen(f"{address}/api/v1/{path}?{words}", timeout=20) as answer:
        said: dict[str, Any] = json.load(answer)
        return said


def test_a_list_holds_the_first_values_and_says_how_many_there_are(address: str) -> None:
    """E1: the size of an answer does not grow with what one run logged."""
    (run,) = _get(address, "runs")["runs"]
    assert run["summary_keys"] == _KEYS + 3
    assert len(run["summary"]) == 1_000 + 3
    assert run["summary"]["_step"] == 0


def test_the_columns_of_a_list_can_be_named(address: str) -> None:
    (run,) = _get(address, "runs", summary=["key/1499", "nobody"])["runs"]
    assert set(run["summary"]) == {"_step", "_timestamp", "_runtime", "key/1499"}
    assert len(_get(address, "runs", summary_limit=2)["runs"][0]["summary"]) == 2 + 3


def test_one_run_has_more_and_the_api_has_all(address: str) -> None:
    assert len(_get(address, "run", run="r")["summary"]) == _KEYS + 3
    with Api(address) as api:
        (listed,) = api.runs("keys")
        assert listed.summary["key/1499"] == 1499
        assert len(listed.summary) == _KEYS + 3
        assert (
            api.runs("keys", filters={"summary_metrics.key/1499": 1499}, order="-summary_metrics.key/1498")[0].id == "r"
        )


def test_keys_come_in_pages(address: str) -> None:
    names = []
    while len(page := _get(address, "keys", limit=400, offset=len(names))["keys"]) > 0:
        names += [key["key"] for key in page]
    assert names == [f"key/{i:04}" for i in range(_KEYS)]
    assert _get(address, "keys", limit=1)["total"] == _KEYS
