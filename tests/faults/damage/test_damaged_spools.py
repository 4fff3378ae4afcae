"""Damage of spools, by fixed seeds: it costs the frames that it hit, and is told (invariant A5)."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from stepwell import Api, CommError
from tests.support.damaged_streams import PROJECT, Sample, damage, write_sample
from tests.support.places import exactly, scan
from tests.support.processes import ServerProcess, run_command

pytestmark = pytest.mark.e2e

# Every sixth seed has the same sort of damage.
SEEDS = range(216)
# Runs beside them that nothing happens to.
SOUND_SEEDS = range(1000, 1010)
NOBODY = "http://127.0.0.1:9"


def make(directory: Path, destination: str) -> list[Sample]:
    """Write all samples into one directory, and damage all but the sound ones."""
    samples = [write_sample(directory / "spool", seed, destination) for seed in (*SEEDS, *SOUND_SEEDS)]
    for sample in samples:
        if sample.seed in SEEDS:
            damage(sample)
    return samples


def check(api: Api, samples: Iterable[Sample], told: Callable[[Sample, int], str]) -> Counter[tuple[str, str]]:
    """Compare every run with what was written; return rows there and missing by sort of damage."""
    table: Counter[tuple[str, str]] = Counter()
    wrong = []
    for sample in samples:
        table[sample.damage, "runs"] += 1
        if sample.nameless:
            table[sample.damage, "nameless"] += 1
            continue
        try:
            run = api.run(f"{PROJECT}/{sample.run}")
        except CommError as error:
            wrong.append(f"{sample}: {error}")
            continue
        rows = scan(run)
        missing = sample.rows.keys() - rows.keys()
        if exactly(rows) != exactly({step: sample.rows.get(step) for step in rows}):
            wrong.append(f"{sample}: a wrong value")
        if not sample.spared <= rows.keys():
            wrong.append(f"{sample}: {len(sample.spared - rows.keys())} rows of whole frames are missing")
        if not len(missing) <= run.lost_rows <= sample.entries_hit:
            wrong.append(f"{sample}: {len(missing)} rows are missing, {run.lost_rows} are said to be lost")
        if untold := told(sample, run.lost_rows):
            wrong.append(f"{sample}: {untold}")
        table[sample.damage, "frames hit"] += len(sample.hit)
        table[sample.damage, "rows"] += len(rows)
        table[sample.damage, "rows missing"] += len(missing)
        table[sample.damage, "counted lost"] += run.lost_rows
    assert not wrong, "\n".join(wrong)
    return table


def show(title: str, table: Counter[tuple[str, str]]) -> None:
    """Print the table of a damage run (`pytest -s` shows it)."""
    columns = ["runs", "nameless", "frames hit", "rows", "rows missing", "counted lost"]
    print(f"\n{title}\n| damage | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}")
    for name in sorted({name for name, _ in table}):
        print(f"| {name} | {' | '.join(str(table[name, column]) for column in columns)} |")


def test_reading_a_directory_of_damaged_spools_misses_no_more_than_the_damaged_frames(tmp_path: Path):
    samples = make(tmp_path / "stepwell", "")
    with Api(tmp_path / "stepwell", timeout=60) as api:
        show("read from a directory", check(api, samples, lambda sample, lost: ""))
    ended = run_command("verify", "stepwell", directory=tmp_path)
    assert ended.code == 1, ended.output
    for sample in samples:
        assert bool(sample.hit) <= (sample.directory.name in ended.stdout), (
            f"{sample.run} ({sample.damage}) is not told"
        )


def test_syncing_damaged_spools_sends_the_rest_says_what_is_missing_and_throws_nothing_away(
    server: ServerProcess, tmp_path: Path
):
    samples = make(tmp_path / "stepwell", NOBODY)
    ended = run_command("sync", "stepwell", "--url", server.url, "--json", directory=tmp_path, timeout=100)
    assert ended.code == 3, ended.output
    said = {each["stream"]: each for each in json.loads(ended.stdout)["streams"]}
    left = remains(tmp_path / "stepwell")

    def told(sample: Sample, lost: int) -> str:
        report: dict[str, Any] = said[sample.directory.name]
        if lost and not report["damage"]:
            return f"nobody says that {lost} entries are lost"
        return "" if any(sample.remains in data for data in left) else "what is left of its damaged frames is gone"

    with Api(server.url, timeout=60) as api:
        show("sent to a server", check(api, samples, told))
    for sample in samples:
        if sample.nameless:
            assert said[sample.directory.name]["damage"], f"{sample}: nobody says that it belongs to no run"
            assert any(sample.remains in path.read_bytes() for path in sample.directory.glob("*.seg")), "it stays"
        else:
            assert not list(sample.directory.glob("*.seg")), f"{sample}: what is there was not sent"


def remains(directory: Path) -> list[bytes]:
    """Return the content of every file that is left."""
    return [path.read_bytes() for path in directory.rglob("*") if path.is_file()]
