"""Trees of files in which tests plant a fault, and what the check finds in them."""

from __future__ import annotations

from pathlib import Path

from check_arrows import check


def write(root: Path, name: str, text: str) -> None:
    """Write a file and the folders above it."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def append(root: Path, name: str, text: str) -> None:
    """Add to the end of a file."""
    path = root / name
    path.write_text(path.read_text() + text)


def found(root: Path) -> list[str]:
    """Return each finding without its reason."""
    return [f"{finding.place}: {finding.what}" for finding in check(root)]
