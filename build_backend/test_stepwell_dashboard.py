"""Builds a pretend dashboard with a pretend npm: when the build runs, and what it says when it can't."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from stepwell_dashboard import BuildDashboardError, ensure_dashboard, install_node_modules

NPM = """#!/bin/sh
echo "$@" >>"$NPM_CALLS"
case "$1" in
ci) mkdir -p node_modules ;;
run) mkdir -p dist/assets && cp src/page.ts dist/index.html ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out a clone with a dashboard, and put a pretend npm and Node first on PATH."""
    web = tmp_path / "web"
    (web / "src").mkdir(parents=True)
    (web / "package.json").write_text("{}")
    (web / "package-lock.json").write_text("{}")
    (web / "src" / "page.ts").write_text("one")
    (tmp_path / "python" / "stepwell").mkdir(parents=True)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in {"npm": NPM, "node": "#!/bin/sh\necho v22.1.0\n"}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setenv("NPM_CALLS", str(tmp_path / "calls"))
    return tmp_path


def calls(clone: Path) -> list[str]:
    path = clone / "calls"
    return path.read_text().splitlines() if path.is_file() else []


def test_the_dashboard_is_built_once_per_state_of_its_sources(clone):
    page = clone / "python" / "stepwell" / "_web" / "index.html"
    assert ensure_dashboard(clone)
    assert not ensure_dashboard(clone)
    assert page.read_text() == "one"
    (clone / "web" / "src" / "page.ts").write_text("two")
    assert ensure_dashboard(clone)
    assert page.read_text() == "two"
    assert calls(clone) == ["ci --no-audit --no-fund", "run build", "run build"]


def test_node_modules_follow_the_lock_file(clone):
    assert install_node_modules(clone)
    assert not install_node_modules(clone)
    (clone / "web" / "package-lock.json").write_text('{"new": 1}')
    assert install_node_modules(clone)


def test_an_sdist_needs_no_node(clone, monkeypatch):
    """An sdist has the built dashboard and no `web/`."""
    ensure_dashboard(clone)
    (clone / "web").rename(clone / "elsewhere")
    monkeypatch.setenv("PATH", "")
    assert not ensure_dashboard(clone)


def test_the_error_names_a_missing_npm(clone, monkeypatch):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent / "nothing-here"))
    with pytest.raises(BuildDashboardError, match="`npm` is not on PATH"):
        ensure_dashboard(clone)


def test_the_error_names_an_old_node(clone):
    (clone / "tools" / "node").write_text("#!/bin/sh\necho v18.3.0\n")
    with pytest.raises(BuildDashboardError, match=r"needs Node 20\.19 or newer.*v18\.3\.0"):
        ensure_dashboard(clone)


def test_a_failed_build_leaves_the_old_dashboard(clone):
    ensure_dashboard(clone)
    (clone / "web" / "src" / "page.ts").write_text("two")
    (clone / "tools" / "npm").write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(BuildDashboardError, match=r"failed in .* with exit code 3"):
        ensure_dashboard(clone)
    assert (clone / "python" / "stepwell" / "_web" / "index.html").read_text() == "one"
