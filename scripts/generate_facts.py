#!/usr/bin/env python3
"""Writer of web/src/api/generated.ts: facts of rust/model that the dashboard shares with the server.

scripts/generate_facts.py            writes the file
scripts/generate_facts.py --check    exits with 1 if the file is not what it would write
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
MODEL = Path("rust") / "model" / "src"
TARGET = Path("web") / "src" / "api" / "generated.ts"
# Files of the model, the constants of it that the dashboard needs, and their names there.
FACTS = {
    "name.rs": {"ALL_LABELS": "ALL_LABELS"},
    "metric.rs": {"STEP": "STEP", "TIMESTAMP": "TIMESTAMP", "RUNTIME": "RUNTIME"},
}


def generate(root: Path) -> str:
    """Return the text of the file."""
    lines = ["// Facts of rust/model, written by scripts/generate_facts.py; don't edit."]
    for name, facts in FACTS.items():
        source = (root / MODEL / name).read_text(encoding="utf-8")
        for rust, typescript in facts.items():
            found = re.search(rf"((?:^///.*\n)+)^pub const {rust}: [^=]+ = (.+);$", source, re.MULTILINE)
            if found is None:
                raise SystemExit(f"{MODEL / name} has no documented constant {rust}")
            doc = " ".join(line.removeprefix("///").strip() for line in found[1].splitlines())
            lines += ["", f"/** {doc} */", f"export const {typescript} = {found[2]};"]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write or check the file."""
    text, path = generate(TOP), TOP / TARGET
    if arguments != ["--check"]:
        path.write_text(text, encoding="utf-8")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return 0
    print(f"{TARGET} is not what rust/model says; run scripts/generate_facts.py")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
