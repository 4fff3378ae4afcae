"""Checks the numbered invariants: what code cites is on docs/durability.md, and places named there exist.

`python scripts/check_invariants.py [FOLDER]` prints what is wrong and exits with 1 if anything is.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from arrows.tree import Finding, source_files

PAGE = "docs/durability.md"
CITING = ("rust", "python", "tests", "scripts", "benches")
# As code cites them: "(A5)", "invariants A1 and A7", "(invariant 2, A2)".
_CITED = re.compile(r"(?:\(|, |\band |\b[Ii]nvariants? )([A-F][1-9])(?![\w(])")
_ROW = re.compile(r"^\| ([A-F][1-9]) \|(.*)\|(.*)\|(.*)\|$", re.MULTILINE)
_PLACE = re.compile(r"`((?:rust|python|tests|scripts|benches|web|proto)/[^`]*)`")
CITED_REASON = "a number without a sentence says nothing to the reader"
PLACE_REASON = "an invariant is worth what its code and its test are worth, so both must be there"


def check(root: Path) -> list[Finding]:
    """Return what is wrong with the page, and with what cites it."""
    page = root / PAGE
    if not page.is_file():
        return [Finding(PAGE, "is missing", CITED_REASON)]
    text = page.read_text(encoding="utf-8")
    return [*check_rows(text), *check_places(root, text), *check_citations(root, text)]


def check_rows(text: str) -> Iterator[Finding]:
    """Find numbers that are given twice, and invariants without code or without a test."""
    rows = _ROW.findall(text)
    for number, count in Counter(row[0] for row in rows).items():
        if count > 1:
            yield Finding(PAGE, f"{number} is given to {count} invariants", CITED_REASON)
    for number, _, kept, shown in rows:
        if not _PLACE.search(kept):
            yield Finding(PAGE, f"{number} names no code that keeps it", PLACE_REASON)
        if not _PLACE.search(shown) and "by hand: " not in shown:
            yield Finding(PAGE, f"{number} names no test that shows it", PLACE_REASON)


def check_places(root: Path, text: str) -> Iterator[Finding]:
    """Find files and functions that the page names and nobody has."""
    for place in dict.fromkeys(_PLACE.findall(text)):
        path, _, name = place.partition("::")
        if not (root / path).exists():
            yield Finding(PAGE, f"there is no {path}", PLACE_REASON)
        elif name and not re.search(rf"\b(?:fn|def) {re.escape(name)}\b", (root / path).read_text(encoding="utf-8")):
            yield Finding(PAGE, f"there is no {name} in {path}", PLACE_REASON)


def check_citations(root: Path, text: str) -> Iterator[Finding]:
    """Find numbers in sources that the page does not have."""
    known = {row[0] for row in _ROW.findall(text)}
    for path in source_files(root, CITING, (".rs", ".py", ".sql")):
        if path.name.endswith("check_invariants.py"):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for cited in _CITED.findall(line):
                if cited not in known:
                    place = f"{path.relative_to(root).as_posix()}:{number}"
                    yield Finding(place, f"cites {cited}, which is not on {PAGE}", CITED_REASON)


def main(arguments: list[str]) -> int:
    """Print what is wrong; return the exit code."""
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    findings = check(root)
    for finding in findings:
        print(finding)
    print(f"check_invariants: {len(findings)} broken {'rule' if len(findings) == 1 else 'rules'}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
