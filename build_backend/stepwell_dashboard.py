"""Builds the dashboard of `web/` into the Python package, once per state of its sources.

`python build_backend/stepwell_dashboard.py [install | build]` does by hand what the build backend does by
itself: `install` brings `web/node_modules` up to the lock file, `build` (the default) also writes
`python/stepwell/_web`.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What Vite 8 asks for; web/package.json says the same under `engines`.
MINIMUM_NODE = (20, 19)
# Folders of web/ that the built files do not depend on.
UNRELATED_FOLDERS = frozenset({"node_modules", "dist", "coverage", "dev", "tests"})
# Holds the digest of the sources that `_web` was built from; not part of any distribution.
SOURCES_FILE = ".sources"


class BuildDashboardError(SystemExit):
    """The dashboard can't be built; the message says why. Ends the build without a traceback."""


def ensure_dashboard(root: Path = ROOT) -> bool:
    """Make `python/stepwell/_web` hold the dashboard of `web/`; return whether it had to be built.

    Parameters
    ----------
    root : Path
        The top folder of a clone or of an unpacked sdist.

    Raises
    ------
    BuildDashboardError
        npm or Node is missing or too old, or one of their steps failed.
    """
    web, built = root / "web", root / "python" / "stepwell" / "_web"
    if not (web / "package.json").is_file():
        if (built / "index.html").is_file():
            return False  # an sdist: built by whoever made it
        raise BuildDashboardError(
            "stepwell: neither web/ nor python/stepwell/_web is here, so there is no dashboard to put into the "
            "package. Build from a clone of the repository, or from an sdist made by `python -m build --sdist`."
        )
    digest = digest_of_sources(web)
    if (built / "index.html").is_file() and _text_of(built / SOURCES_FILE) == digest:
        return False
    install_node_modules(root)
    _run_npm(web, "run", "build")
    if not (web / "dist" / "index.html").is_file():
        raise BuildDashboardError("stepwell: `npm run build` left no web/dist/index.html.")
    fresh = built.with_name("_web.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(web / "dist", fresh)
    (fresh / SOURCES_FILE).write_text(digest)
    shutil.rmtree(built, ignore_errors=True)
    fresh.rename(built)
    return True


def install_node_modules(root: Path = ROOT) -> bool:
    """Make `web/node_modules` what the lock file says; return whether it had to be installed."""
    web = root / "web"
    stamp = web / "node_modules" / ".stepwell-lock"
    wanted = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    if _text_of(stamp) == wanted:
        return False
    _run_npm(web, "ci", "--no-audit", "--no-fund")
    stamp.write_text(wanted)
    return True


def digest_of_sources(web: Path) -> str:
    """Return a SHA-256 over names and contents of everything in `web` that the built files depend on."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(web):
        folders[:] = sorted(name for name in folders if name not in UNRELATED_FOLDERS)
        for name in sorted(files):
            path = Path(folder, name)
            digest.update(f"{path.relative_to(web).as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _run_npm(web: Path, *arguments: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise BuildDashboardError(
            "stepwell: the dashboard has to be built, and `npm` is not on PATH. Install Node "
            f"{MINIMUM_NODE[0]}.{MINIMUM_NODE[1]} or newer, which brings npm, and try again."
        )
    _check_node()
    print(f"stepwell: npm {' '.join(arguments)}", file=sys.stderr, flush=True)
    # A build hook's last line of stdout is its answer, so npm talks to stderr.
    finished = subprocess.run([npm, *arguments], cwd=web, stdout=sys.stderr, check=False)
    if finished.returncode != 0:
        raise BuildDashboardError(
            f"stepwell: `npm {' '.join(arguments)}` failed in {web} with exit code {finished.returncode}; "
            "its own words are above."
        )


def _check_node() -> None:
    node = shutil.which("node")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout if node else ""
    version = re.match(r"v(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < MINIMUM_NODE:
        raise BuildDashboardError(
            f"stepwell: the dashboard needs Node {MINIMUM_NODE[0]}.{MINIMUM_NODE[1]} or newer to be built; "
            f"here is {said.strip() or 'none'}."
        )


def _text_of(path: Path) -> str | None:
    return path.read_text() if path.is_file() else None


def main(arguments: list[str]) -> None:
    """Run the step that the command line names."""
    step = arguments[0] if arguments else "build"
    if step == "install":
        done = install_node_modules()
    elif step == "build":
        done = ensure_dashboard()
    else:
        raise BuildDashboardError(f"stepwell: unknown step {step!r}; there are `install` and `build`.")
    print(f"dashboard: {step} {'done' if done else 'up to date'}")


if __name__ == "__main__":
    main(sys.argv[1:])
