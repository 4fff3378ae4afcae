"""The command `wandb` below `stepwell exec`: it explains what takes its place, and stops no script."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import MappingProxyType

from stepwell.settings.settings_file import settings_of_process
from stepwell.wandb.finder import VERSION
from stepwell.wandb.missing import WAYS

_KEPT = "runs go to {place}"
# What is as it should be without it.
_NOTHING_TO_DO = MappingProxyType(
    {
        "login": f"nobody needs a login; {_KEPT}. `stepwell login URL` names a server",
        "logout": f"nobody is logged in; {_KEPT}",
        "init": f"there is nothing to set up; {_KEPT}",
        "online": f"{_KEPT}. STEPWELL_MODE=offline keeps them in their directory, STEPWELL_MODE=disabled keeps nothing",
        "offline": f"{_KEPT}. STEPWELL_MODE=offline keeps them in their directory",
        "disabled": f"{_KEPT}. STEPWELL_MODE=disabled keeps nothing",
        "enabled": _KEPT,
        "on": _KEPT,
        "off": f"{_KEPT}. STEPWELL_MODE=offline keeps them in their directory",
        "status": _KEPT,
        "sync": "runs are sent while they are written; `stepwell sync --url URL` sends what a server lacks, "
        "`stepwell import-wandb DIR` takes over runs that wandb itself wrote",
        "verify": "`stepwell verify` checks what was written",
    }
)
_ABSENT = MappingProxyType(
    {
        **dict.fromkeys(("agent", "sweep", "controller"), WAYS["sweep"]),
        **dict.fromkeys(("launch", "launch-agent", "launch-sweep", "scheduler", "job"), WAYS["launch"]),
        "artifact": "artifacts are files of their run; `stepwell export PROJECT/ID --files DIR` takes them out",
        "pull": "`stepwell export PROJECT/ID --files DIR` takes the files of a run out",
        "restore": "`stepwell export PROJECT/ID --files DIR` takes the files of a run out",
    }
)


def main(words: Sequence[str]) -> int:
    """Explain what takes the place of a command of wandb's; 0 if nothing is missing without it, else 1."""
    command = next((word for word in words if not word.startswith("-")), "")
    if not command:
        print(f"wandb, version {VERSION}: stepwell is in its place; `stepwell --help` lists what it does")
        return 0
    if command in _NOTHING_TO_DO:
        settings = settings_of_process({})
        place = settings.destination or settings.directory
        print(f"stepwell: wandb {command}: {_NOTHING_TO_DO[command].format(place=place)}", file=sys.stderr)
        return 0
    way = _ABSENT.get(command, "`stepwell --help` lists what there is")
    print(f"stepwell: wandb {command} is not there: {way}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
