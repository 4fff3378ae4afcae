"""Checks the architecture: who may know whom, what each file says of itself, and what nothing is called.

`python scripts/check_arrows.py [FOLDER]` prints every broken rule with the reason the rule exists, and exits
with 1 if there is one. ARCHITECTURE.md draws the same arrows for people. Standard library only (and tomli,
its older self, on Python 3.10).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from arrows import files, python, rust, typescript

if TYPE_CHECKING:
    from arrows.tree import Finding


def check(root: Path) -> list[Finding]:
    """Return every broken rule of the tree under `root`."""
    return [*rust.check(root), *python.check(root), *typescript.check(root), *files.check(root)]


def main(arguments: list[str]) -> int:
    """Print what is broken; return the exit code."""
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    findings = [*check(root), *([] if arguments else python.check_installed_package())]
    for finding in findings:
        print(finding)
    print(f"check_arrows: {len(findings)} broken {'rule' if len(findings) == 1 else 'rules'}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
