"""The peers' virtual environments under benches/.peers: `python benches/peers.py [NAME …]` makes them."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

HOME = Path(__file__).parent / ".peers"
PACKAGES = {
    "ormsgpack": ["ormsgpack==1.13.1"],
    "tensorboardx": ["tensorboardX==2.6.5"],
    "trackio": ["trackio==0.43.0"],
    "wandb": ["wandb==0.31.0"],
}


def interpreter(name: str) -> str | None:
    """Return the interpreter that has the package, or None when its environment was not made."""
    if name == "stepwell":
        return sys.executable
    python = HOME / name / "bin" / "python"
    return str(python) if python.exists() else None


def install(name: str) -> None:
    """Make the environment of one peer."""
    venv.create(HOME / name, with_pip=True)
    subprocess.run(
        [str(HOME / name / "bin" / "python"), "-m", "pip", "install", "--quiet", *PACKAGES[name]], check=True
    )


def main() -> None:
    """Make the named environments, or all of them."""
    for name in sys.argv[1:] or PACKAGES:
        print(f"peers: {name} ({', '.join(PACKAGES[name])})", flush=True)
        install(name)


if __name__ == "__main__":
    main()
