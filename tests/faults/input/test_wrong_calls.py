"""Wrong calls: an error that names the key or argument, and nothing of the call is kept."""

import json
import re
from dataclasses import dataclass

import pytest

from tests.support.places import Place, scan

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Wrong:
    """A call, the error it must raise, and what its sentence must contain."""

    call: str
    error: str
    named: list[str]


WRONG_ROWS = [
    Wrong("run.log([1, 2])", "TypeError", ["dict", "list", "nothing of this call was kept"]),
    Wrong("run.log('loss')", "TypeError", ["dict", "str"]),
    Wrong("run.log(None)", "TypeError", ["dict", "NoneType"]),
    Wrong("run.log(0.5)", "TypeError", ["dict", "float"]),
    Wrong("run.log({'ok': 1, 2: 3})", "TypeError", ["key", "str", "int"]),
    Wrong("run.log({'ok': 1, b'k': 3})", "TypeError", ["key", "str", "bytes"]),
    Wrong("run.log({'ok': 1}, step=1.5)", "TypeError", ["step", "float"]),
    Wrong("run.log({'ok': 1}, step='5')", "TypeError", ["step", "str"]),
    Wrong("run.log({'ok': 1}, step=2**63)", "ValueError|OverflowError", ["step"]),
    Wrong(
        "run.log({'ok': 1, 'bad': object()})", "TypeError", ["['\"]bad['\"]", "object", "nothing of this call was kept"]
    ),
    Wrong("run.log({'ok': 1, 'bad': [1, {'x': object()}]})", "TypeError", ["['\"]bad['\"]", "object"]),
    Wrong("run.log({'ok': 1, 'k' * 1025: 1})", "ValueError", ["kkkk", "1,?024"]),
    Wrong("run.log({'ok': 1, 'ü' * 513: 1})", "ValueError", ["üüüü", "1,?024"]),
    Wrong("run.log({'ok': 1, 'k' * 600: {'n' * 600: 1}})", "ValueError", ["kkkk", "1,?024"]),
    Wrong("run.log({'ok': 1, 'broken': Broken()})", "TypeError", ["'broken'", "RuntimeError: from the object itself"]),
    Wrong("setattr(run.summary, 'broken', Broken())", "TypeError", ["'broken'", "from the object itself"]),
    Wrong("run.log({'ok': 1, 'loop': loop})", "ValueError", ["['\"]loop['\"]", "holds itself"]),
    Wrong("setattr(run.config, 'loop', loop)", "ValueError", ["'loop'", "holds itself"]),
    Wrong("setattr(run.summary, 'loop', loop)", "ValueError", ["'loop'", "holds itself"]),
    Wrong("run.log({'ok': 1}, foo=1)", "TypeError", ["foo"]),
    Wrong("run.log({'ok': 1, 'endless': iter(int, 1)})", "TypeError|ValueError", ["['\"]endless['\"]"]),
    Wrong("stepwell.Histogram([1.0], num_bins=0)", "ValueError", ["num_bins", "512", "0"]),
    Wrong("stepwell.Histogram(np_histogram=([1, 2], [0, 1]))", "ValueError", ["3 edges", "2"]),
    Wrong("stepwell.Histogram(['a'])", "TypeError", ["numbers"]),
    Wrong("run.define_metric('a', summary='median')", "stepwell.errors.UsageError", ["median", "max"]),
    Wrong("setattr(run.config, 'lr', 2)", "stepwell.errors.ConfigError", ["'lr'", "allow_val_change"]),
]
WRONG_SETTINGS = [
    Wrong("stepwell.init(project='a/b')", "stepwell.errors.UsageError", ["project", "a/b", "/"]),
    Wrong("stepwell.init(project='x' * 129)", "stepwell.errors.UsageError", ["project", "128"]),
    Wrong("stepwell.init(id='a:b')", "stepwell.errors.UsageError", ["id", ":"]),
    Wrong("stepwell.init(tags=['x' * 65])", "stepwell.errors.UsageError", ["tag", "64"]),
    Wrong("stepwell.init(mode='sometimes')", "stepwell.errors.UsageError", ["mode", "sometimes", "offline"]),
    Wrong("stepwell.init(url='somewhere:80')", "stepwell.errors.UsageError", ["url", "http://host:port"]),
    Wrong("stepwell.init(on_full='panic')", "stepwell.errors.UsageError", ["on_full", "panic", "sample"]),
    Wrong("stepwell.init(entiti='me')", "TypeError", ["entiti"]),
    Wrong("stepwell.log({'a': 1})", "stepwell.errors.Error", [r"stepwell.init\(\)"]),
    Wrong("stepwell.config.lr", "stepwell.errors.Error", [r"stepwell.init\(\)"]),
    Wrong("stepwell.summary['best']", "stepwell.errors.Error", [r"stepwell.init\(\)"]),
    Wrong("done.log({'a': 1})", "stepwell.errors.UsageError", ["finish"]),
]

CALLS = """
import json, sys
import stepwell

class Broken:
    def __array__(self, *args, **kwargs):
        raise RuntimeError("from the object itself")

def answers(calls, names):
    found = []
    for call in calls:
        try:
            eval(call, names)
        except Exception as error:
            kind = type(error)
            found.append([f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins."), str(error)])
        else:
            found.append(["nothing", "was accepted"])
    return found

loop = {}
loop["me"] = loop
rows, settings = json.loads(sys.argv[1])
with stepwell.init(project="wrong", id="r", config={"lr": 1}) as run:
    run.log({"before": 1})
    found = answers(rows, {"run": run, "stepwell": stepwell, "Broken": Broken, "loop": loop})
    run.log({"after": 1})
done = run
print(json.dumps(found + answers(settings, {"stepwell": stepwell, "done": done})))
"""


@pytest.fixture(scope="module")
def wrong(place: Place) -> list[tuple[str, str]]:
    """Make all wrong calls in one script and return what they raised."""
    calls = [[each.call for each in table] for table in (WRONG_ROWS, WRONG_SETTINGS)]
    ended = place.run(CALLS, json.dumps(calls))
    return [(kind, text) for kind, text in json.loads(ended.stdout.strip().splitlines()[-1])]


WRONG = WRONG_ROWS + WRONG_SETTINGS


@pytest.mark.parametrize("number", range(len(WRONG)), ids=[each.call[:60] for each in WRONG])
def test_a_wrong_call_is_answered_with_what_to_do(wrong: list[tuple[str, str]], number: int):
    kind, text = wrong[number]
    assert re.fullmatch(WRONG[number].error, kind), f"{kind}: {text}"
    for named in WRONG[number].named:
        assert re.search(named, text), f"{named!r} is not named in: {text}"
    assert len(text) < 2_000, "a sentence, not a dump"


def test_nothing_of_a_wrong_call_is_kept(place: Place, wrong: list[tuple[str, str]]):
    assert scan(place.api().run("wrong/r")) == {0: {"before": 1}, 1: {"after": 1}}
