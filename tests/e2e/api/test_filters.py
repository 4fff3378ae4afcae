"""Filters and orders of runs: answers are those of a naive evaluator, on thousands of random filters."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stepwell import Api, CommError
from tests.support.processes import ServerProcess, run_command, run_script

pytestmark = pytest.mark.e2e

RUNS = 30
FILTERS = 600
SCRIPT = """
import json, sys
import stepwell
for each in json.load(open("runs.json")):
    said = {key: each[key] for key in ("id", "name", "tags", "config")}
    with stepwell.init(project="filters", **said, **each["more"]) as run:
        run.log(each["summary"])
"""
KEYS = ["a", "b", "n.x", "n.y", "list", "text"]
SCALARS = [None, True, False, -3, 0, 1, 2, 2.0, 2.5, 2**53 + 1, float(2**53), "", "a", "abc", "B"]


def random_value(rng: random.Random) -> Any:
    return [rng.choice(SCALARS[3:]) for _ in range(rng.randrange(3))] if rng.random() < 0.15 else rng.choice(SCALARS)


def random_run(rng: random.Random, index: int) -> dict[str, Any]:
    config: dict[str, Any] = {key: random_value(rng) for key in ("a", "b", "list", "text") if rng.random() < 0.8}
    if rng.random() < 0.7:
        config["n"] = {key: random_value(rng) for key in ("x", "y") if rng.random() < 0.8}
    more = {key: rng.choice(["g1", "g2"]) for key in ("group", "job_type") if rng.random() < 0.7}
    return {
        "id": f"run{index:02}",
        "name": rng.choice(["alpha", "beta", "Gamma"]),
        "tags": rng.sample(["one", "two", "three"], rng.randrange(4)),
        "config": config,
        "more": more,
        "summary": {
            key: rng.choice([1, 2.5, "a", True, float("nan")]) for key in ("acc", "deep.er") if rng.random() < 0.8
        },
    }


MISSING = object()


def field_of(run: dict[str, Any], name: str) -> Any:
    for prefix, place in (("config.", "config"), ("summary_metrics.", "summary"), ("summary.", "summary")):
        if name.startswith(prefix):
            return lookup(run[place], name.removeprefix(prefix))
    simple = {"name": run["id"], "display_name": run["name"], "tags": run["tags"], "state": "finished"}
    return simple[name] if name in simple else run["more"].get(name, MISSING)


def lookup(values: dict[str, Any], path: str) -> Any:
    if path in values:
        return values[path]
    head, _, rest = path.partition(".")
    return lookup(values[head], rest) if rest and isinstance(values.get(head), dict) else MISSING


def sort(value: Any) -> str:
    return "number" if type(value) in (int, float) else type(value).__name__


def equal(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    return sort(one) == sort(other) and one == other


def less(one: Any, other: Any) -> bool:
    """Whether it comes before; lists are compared element by element."""
    if isinstance(one, list) and isinstance(other, list):
        for left, right in zip(one, other, strict=False):
            if not equal(left, right):
                return less(left, right)
        return comparable(one, other) and len(one) < len(other)
    return comparable(one, other) and one < other


def comparable(one: Any, other: Any) -> bool:
    return sort(one) == sort(other) and sort(one) in ("number", "str", "bool", "list")


def each(value: Any, test: Any) -> bool:
    return value is not MISSING and (test(value) or (isinstance(value, list) and any(map(test, value))))


def passes(value: Any, test: Any) -> bool:
    if not (isinstance(test, dict) and any(key.startswith("$") for key in test)):
        test = {"$eq": test}
    return all(one_passes(value, operator, operand, test) for operator, operand in test.items())


def one_passes(value: Any, operator: str, operand: Any, whole: dict[str, Any]) -> bool:
    if operator == "$eq":
        return operand is None if value is MISSING else each(value, lambda found: equal(found, operand))
    if operator == "$in":
        return any(passes(value, {"$eq": wanted}) for wanted in operand)
    if operator in ("$ne", "$nin", "$not"):
        return not passes(value, operand if operator == "$not" else {"$eq" if operator == "$ne" else "$in": operand})
    if operator == "$exists":
        return (value is not MISSING) == operand
    if operator == "$regex":
        flags = re.IGNORECASE if "i" in whole.get("$options", "") else 0
        return each(value, lambda found: isinstance(found, str) and re.search(operand, found, flags) is not None)
    if operator == "$options":
        return True
    tests = {
        "$lt": lambda found: less(found, operand),
        "$gt": lambda found: less(operand, found),
        "$lte": lambda found: less(found, operand) or (equal(found, operand)),
        "$gte": lambda found: less(operand, found) or (equal(found, operand)),
    }
    return each(value, tests[operator])


def holds(run: dict[str, Any], chosen: dict[str, Any]) -> bool:
    for name, inner in chosen.items():
        if name in ("$and", "$or", "$nor"):
            found = [holds(run, part) for part in inner]
            if not {"$and": all(found), "$or": any(found), "$nor": not any(found)}[name]:
                return False
        elif name == "$not":
            if holds(run, inner):
                return False
        elif not passes(field_of(run, name), inner):
            return False
    return True


def random_filter(rng: random.Random, depth: int = 3) -> dict[str, Any]:
    if depth and rng.random() < 0.4:
        operator = rng.choice(["$and", "$or", "$nor", "$not"])
        parts = [random_filter(rng, depth - 1) for _ in range(rng.randrange(1, 4))]
        return {operator: parts[0] if operator == "$not" else parts}
    return {random_field(rng): random_test(rng, 2) for _ in range(rng.randrange(1, 3))}


def random_field(rng: random.Random) -> str:
    return rng.choice(
        [
            f"config.{rng.choice(KEYS)}",
            "summary_metrics.acc",
            "summary.deep.er",
            "tags",
            "name",
            "display_name",
            "group",
            "state",
        ]
    )


def random_test(rng: random.Random, depth: int) -> Any:
    if rng.random() < 0.3:
        return random_value(rng)
    operator = rng.choice(
        ["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$regex", *(["$not"] if depth else [])]
    )
    if operator in ("$in", "$nin"):
        return {operator: [rng.choice([*SCALARS, "one", "run03", "beta", "g1"]) for _ in range(rng.randrange(4))]}
    if operator == "$exists":
        return {operator: rng.random() < 0.5}
    if operator == "$regex":
        test: dict[str, Any] = {operator: rng.choice(["^a", "b$", "B", "o", "run0[1-5]", "."])}
        return test | ({"$options": "i"} if rng.random() < 0.5 else {})
    if operator == "$not":
        inner = random_test(rng, depth - 1)
        return {operator: inner}
    value = random_value(rng)
    return {operator: rng.choice(["one", "run10", "beta", value])}


@pytest.fixture(scope="module")
def runs() -> list[dict[str, Any]]:
    rng = random.Random(7)
    return [random_run(rng, index) for index in range(RUNS)]


@pytest.fixture(scope="module", params=["local", "server"])
def api(
    request: pytest.FixtureRequest, runs: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    home = tmp_path_factory.mktemp(request.param)
    work = home / "work"
    work.mkdir()
    (work / "runs.json").write_text(json.dumps(runs))
    if request.param == "local":
        assert run_script(SCRIPT, work, {}).code == 0
        with Api(work / "stepwell") as api:
            yield api
        return
    with ServerProcess(home / "srv") as server:
        assert run_script(SCRIPT, work, server.env).code == 0
        with Api(server.url) as api:
            yield api


def test_the_server_chooses_what_a_naive_evaluator_chooses(api: Api, runs: list[dict[str, Any]]):
    rng = random.Random(11)
    sizes = set()
    for _ in range(FILTERS):
        chosen = random_filter(rng)
        found = api.runs("filters", chosen, order="+name", per_page=100)
        assert [run.id for run in found] == [run["id"] for run in runs if holds(run, chosen)], chosen
        sizes.add(len(found))
    assert len(sizes) > RUNS // 2, "the filters tell hardly any runs apart"


def test_orders_and_pages(api: Api, runs: list[dict[str, Any]]):
    by_number = [run["id"] for run in runs if sort(field_of(run, "config.a")) == "number"]
    rising = [run.id for run in api.runs("filters", order="+config.a", per_page=7)]
    falling = [run.id for run in api.runs("filters", order="-config.a", per_page=7)]
    assert sorted(rising) == sorted(falling) == [run["id"] for run in runs]
    values = {run["id"]: field_of(run, "config.a") for run in runs}
    assert [values[run] for run in rising[: len(by_number)]] == sorted(values[run] for run in by_number)
    assert [values[run] for run in falling[: len(by_number)]] == sorted(
        (values[run] for run in by_number), reverse=True
    )
    newest = [run.id for run in api.runs("filters", per_page=4)]
    assert newest == [run.id for run in api.runs("filters", order="+created_at", per_page=100)][::-1]
    last = api.runs("filters", {"name": {"$gte": "run10"}}, order="+name", per_page=3)
    assert (len(last), last[0].id, last[-1].id) == (RUNS - 10, "run10", f"run{RUNS - 1}")
    assert [run.id for run in last[2:5]] == ["run12", "run13", "run14"]


def test_times_compare_with_dates(api: Api):
    first = api.runs("filters", order="+created_at")[0]
    assert len(api.runs("filters", {"created_at": {"$gte": first.created_at}})) == RUNS
    assert len(api.runs("filters", {"created_at": {"$lt": first.created_at}})) == 0
    assert len(api.runs("filters", {"createdAt": {"$gt": "2020-01-01"}, "heartbeat_at": {"$gt": 0}})) == RUNS


@pytest.mark.parametrize(
    ("chosen", "named"),
    [
        ({"config.a": {"$near": 1}}, "$near"),
        ({"$xor": [{}]}, "$xor"),
        ({"colour": 1}, "colour"),
        ({"name": {"$regex": "("}}, "("),
        ({"created_at": {"$gt": "soon"}}, "soon"),
    ],
    ids=lambda each: str(each),
)
def test_what_is_wrong_is_named(api: Api, chosen: dict[str, Any], named: str):
    with pytest.raises(CommError) as raised:
        api.runs("filters", chosen)
    assert named in str(raised.value)
    with pytest.raises(CommError, match="colour"):
        api.runs("filters", order="-colour")
    with pytest.raises(ValueError, match="nan"):
        api.runs("filters", {"config.a": float("nan")})


def test_the_command_line_filters_and_orders(work: Path, runs: list[dict[str, Any]]):
    (work / "runs.json").write_text(json.dumps(runs[:5]))
    assert run_script(SCRIPT, work, {}).code == 0
    ended = run_command("runs", "--filters", '{"name": {"$lt": "run03"}}', "--order", "+name", "--json", directory=work)
    assert [json.loads(line)["id"] for line in ended.stdout.splitlines()] == ["run00", "run01", "run02"]
    ended = run_command("runs", "--filters", '{"name": {"$near": 1}}', directory=work)
    assert ended.code == 1
    assert "$near" in ended.stderr
