"""Makes the files of this folder with stepwell 0.1, and writes down what 0.1 says is in them.

    python make.py FOLDER

by an interpreter that has stepwell 0.1. Every plain value that is read back is compared with what was logged
before it is written down.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

NOBODY = "http://127.0.0.1:9"
RANKS = 3


def plain_row(rank: int, i: int) -> dict[str, Any]:
    """Return what rank `rank` logs at step `i`, without media."""
    row: dict[str, Any] = {
        "loss": math.sin(i + rank) / (i + 1),
        "i": i,
        "text": f"row {i} – ü {rank}",
        "even": i % 2 == 0,
    }
    if i % 5 == 0:
        row["list"] = [i, f"t{i}", None, [1.5, {"a": i}]]
        row["none"] = None
        row["nested"] = {"deep": {"x": i * 0.1}}
    if i < 6:
        row["odd"] = [math.nan, math.inf, -math.inf, -0.0, 2**63 - 1, -(2**63)][i]
    return row


def train(project: str, run_id: str, rows: int, end: str) -> None:
    """Log one run; this process is one of its ranks."""
    import numpy as np

    import stepwell

    rank = int(os.environ.get("RANK", "0"))
    run = stepwell.init(
        project=project,
        id=run_id,
        name=f"the {run_id}",
        notes="two\nlines",
        tags=["one", "ü"],
        group="g",
        job_type="j",
        config={"lr": 0.1, "big": 2**62, "nested": {"list": [1, "a", None], "nan": math.nan}, f"rank {rank}": True},
    )
    run.define_metric("loss", summary="min")
    for i in range(rows):
        row = plain_row(rank, i)
        if i == 7:
            pixels = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3) + rank
            row["image"] = stepwell.Image(pixels, caption="a picture")
            row["table"] = stepwell.Table(columns=["a", "b"], data=[[1, "x"], [2.5, None]])
            row["histogram"] = stepwell.Histogram([1, 2, 3, 4], num_bins=2)
        run.log(row)
        if i % 20 == 19:
            run.flush(60)
    run.summary["best"] = {"loss": 0.25, "epoch": 3}
    run.summary["word"] = "fine"
    run.flush(60)
    if end == "killed":
        time.sleep(0.5)  # the files as well
        os._exit(9)
    run.finish(exit_code=int(end))


def start(directory: Path, url: str, run_id: str, rows: int, end: str = "0", ranks: int = 1) -> None:
    """Train a run with all its ranks at once, and wait for them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STEPWELL_", "WANDB_", "RANK"))}
    kept |= {"STEPWELL_FINISH_TIMEOUT": "0" if url == NOBODY else "60", "STEPWELL_SILENT": "1"}
    kept |= {"STEPWELL_DIR": str(directory)} | ({"STEPWELL_URL": url} if url else {})
    processes = []
    for rank in range(ranks):
        launched = {"RANK": str(rank), "WORLD_SIZE": str(ranks)} if ranks > 1 else {}
        command = [sys.executable, __file__, "--train", "skew", run_id, str(rows), end]
        processes.append(subprocess.Popen(command, env=kept | launched))
    codes = [process.wait(120) for process in processes]
    if codes != [9 if end == "killed" else 0] * ranks:
        raise SystemExit(f"{run_id} ended with {codes}")


def read(address: str, rows: dict[str, int]) -> dict[str, Any]:
    """Return everything that the API of this version says about the runs, whose numbers of rows are given."""
    import stepwell

    api = stepwell.Api(address, timeout=60)
    found: dict[str, Any] = {}
    for run_id, count in rows.items():
        run = api.run(f"skew/{run_id}")
        labels = {label: list(run.scan_history(label=label)) for label in run.labels}
        for label, said in labels.items():
            check(label, said, count)
        found[run_id] = {
            "state": run.state,
            "exit_code": run.exit_code,
            "name": run.name,
            "notes": run.notes,
            "tags": list(run.tags),
            "group": run.group,
            "job_type": run.job_type,
            "config": dict(run.config),
            "summary": dict(run.summary),
            "lost_rows": run.lost_rows,
            "rows": labels,
            "files": {file.name: hashlib.sha256(file.read()).hexdigest() for file in run.files()},
        }
    return found


def check(label: str, said: list[dict[str, Any]], count: int) -> None:
    """Compare the plain values with what was logged."""
    rank = int(label or "0")
    if [row["_step"] for row in said] != list(range(count)):
        raise SystemExit(f"rows of {label!r} are missing")
    for i, row in enumerate(said):
        logged = plain_row(rank, i)
        if "nested" in logged:
            logged["nested.deep.x"] = logged.pop("nested")["deep"]["x"]
        if repr({key: row.get(key, "missing") for key in logged}) != repr(logged):
            raise SystemExit(f"step {i} of {label!r} came back as {row}")


def until(what: str, condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"in vain until {what}")
        time.sleep(0.05)


def count_of(store: Path, table: str) -> int:
    """Return how many lines a table of a store has."""
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    finally:
        connection.close()


def pack(directory: Path, archive: Path) -> None:
    """Put a directory into an archive, as it lies there."""
    with tarfile.open(archive, "w:xz") as tar:
        tar.add(directory, directory.name)


def make_local(work: Path, out: Path) -> dict[str, Any]:
    """Make a local directory with its index: a run of three ranks, one that failed, one that was killed."""
    directory = work / "local"
    start(directory, "", "ranks", 60, ranks=RANKS)
    start(directory, "", "failed", 25, "3")
    start(directory, "", "killed", 40, "killed")
    found = read(str(directory), {"ranks": 60, "failed": 25, "killed": 40})
    found["killed"]["state"] = "crashed"  # which it is after a minute without a sign of life
    stop_local_servers()
    pack(directory, out / "local.tar.xz")
    return found


def make_unsent(work: Path, out: Path) -> dict[str, Any]:
    """Make a directory with a run whose server never answered, and read it from a copy."""
    import shutil

    directory = work / "unsent"
    start(directory, NOBODY, "unsent", 120)
    pack(directory, out / "unsent.tar.xz")
    shutil.copytree(directory, work / "copy")
    return read(str(work / "copy"), {"unsent": 120})


def make_server(work: Path, out: Path) -> dict[str, Any]:
    """Make the directory of a server that was killed with one run in chunks and one in the journal."""
    directory, port_file = work / "server", work / "port"
    command = [sys.executable, "-m", "stepwell", "serve", "--dir", str(directory), "--port", "0"]
    server = subprocess.Popen([*command, "--port-file", str(port_file)], stdout=subprocess.DEVNULL)
    try:
        until("the server listens", lambda: port_file.exists() and bool(port_file.read_text().strip()))
        url = f"http://127.0.0.1:{port_file.read_text().strip()}"
        start(work / "client", url, "chunks", 60, ranks=RANKS)
        until("the journal is compacted", lambda: count_of(directory / "store.sqlite", "journal") == 0)
        start(work / "client", url, "journal", 50)
        found = read(url, {"chunks": 60, "journal": 50})
        server.kill()
        server.wait()
    finally:
        server.kill()
    pack(directory, out / "server.tar.xz")
    if count_of(directory / "store.sqlite", "journal") == 0 or count_of(directory / "store.sqlite", "columns") == 0:
        raise SystemExit("the store has no journal or no columns; try again")
    return found


def stop_local_servers() -> None:
    """Stop the servers over directories, so that their files are whole."""
    from stepwell.api.local_server import servers

    servers.stop()


def main() -> None:
    """Make everything."""
    import stepwell

    if sys.argv[1] == "--train":
        train(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
        return
    out = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        expected = {
            "version": stepwell.__version__,
            "local": make_local(work, out),
            "unsent": make_unsent(work, out),
            "server": make_server(work, out),
        }
    (out / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
