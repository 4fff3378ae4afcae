"""Notes of a run on artifacts: which ones it has logged and used, as keys of its config that stay unseen.

```text
_artifacts                                   True: there are notes, by which such runs are found
_artifacts/logged/FOLDER                     {"name", "type", "time", "count", "values", "references",
                                              "aliases", "removed", "missing"}
_artifacts/used/ENTITY/PROJECT/RUN/FOLDER    {"time"}: the one that was logged there
```

FOLDER is where the `count` files lie within the run that logged them: `artifacts/NAME`, with `@` and an id
where the name was logged before. `values` are the files that were made of values, with those that they name;
`references` are addresses by name, `missing` what could not be stored. `aliases` and `removed` map aliases to
when they were given and taken away; one belongs to whom it was given last. Versions are not noted: they
follow from the times, so runs need not talk to each other.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MARK = "_artifacts"
LOGGED = f"{MARK}/logged/"
USED = f"{MARK}/used/"


def logged(
    folder: str,
    name: str,
    kind: str,
    files: Mapping[str, list[str]],
    missing: list[str],
    references: Mapping[str, str],
    aliases: Iterable[str],
) -> dict[str, Any]:
    """Return what a run notes of an artifact that it logs: with its `files`, and what each of them names."""
    now = time.time()
    note: dict[str, Any] = {
        "name": name,
        "type": kind,
        "time": now,
        "count": len(files),
        "values": {path: named for path, named in files.items() if named},
        "references": dict(references),
        "aliases": dict.fromkeys(aliases, now),
    }
    if missing:
        note["missing"] = missing
    return {MARK: True, f"{LOGGED}{folder}": note}


def used(place: str) -> dict[str, Any]:
    """Return what a run notes of an artifact that it uses, by its place."""
    return {MARK: True, f"{USED}{place}": {"time": time.time()}}


def place_of(run_path: Iterable[str], folder: str) -> str:
    """Return what notes call the place where a run has logged an artifact: `ENTITY/PROJECT/RUN/FOLDER`."""
    return "/".join([*run_path, folder])


def split(config: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the config without the notes, and the notes."""
    notes = {key: value for key, value in config.items() if key.startswith(MARK)}
    return {key: value for key, value in config.items() if key not in notes}, notes


def digest_of(parts: Iterable[tuple[str, Iterable[str]]]) -> str:
    """Return SHA-256 over names, each with its contents, in hexadecimal digits."""
    digest = hashlib.sha256()
    for name, contents in parts:
        digest.update("\0".join([name, *contents, "\n"]).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def is_value(path: str, name: str) -> bool:
    """Return whether a file has a value that was added under a name: `NAME.KIND.json`."""
    kind = path.removeprefix(f"{name}.").removesuffix(".json")
    return path in {name, f"{name}.{kind}.json"} and "." not in kind


def paths(value: Any) -> Iterator[str]:
    """Yield the paths of files that a value names."""
    if isinstance(value, dict):
        if isinstance(value.get("path"), str):
            yield value["path"]
        for inner in value.values():
            yield from paths(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner)
