"""Command line: the parser of all commands, and the exit codes.

Exit codes: 0 done, also of `serve` and `ui` after Ctrl-C, SIGTERM or SIGHUP · 1 it did not work, and a
sentence says why · 2 wrong arguments · 3 `sync` left something unsent, or the run of the demo is not complete
· 130, 143 and 129: Ctrl-C, SIGTERM or SIGHUP cut it short.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, cast

from stepwell.cli import demo, exec, export, imports, login, runs, serve, sync, ui, verify  # noqa: A004
from stepwell.errors import Error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DONE, FAILED, INTERRUPTED = 0, 1, 130

# In the order of the help. Each imports what it does when it is asked for: `stepwell --help` needs none of
# it.
_COMMANDS = (serve, ui, sync, runs, export, imports, verify, exec, login, demo)

_EXAMPLES = """\
examples:
  stepwell demo                        a real training run with four ranks, and the dashboard
  stepwell ui                          the dashboard over ./stepwell
  stepwell serve --dir /data/stepwell  a server that other machines log to
  stepwell sync --url http://host:7117 send what a server does not have yet
  stepwell runs --json                 the runs in ./stepwell, for a script

exit codes:
  0 done; serve and ui also after Ctrl-C   1 failed, and a sentence says why   2 wrong arguments
  3 sync left something unsent, or the demo's run is not complete   130, 143 cut short by Ctrl-C, SIGTERM
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    arguments
        The command line without the program; by default that of the process.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = build_parser()
    if given[:1] == ["exec"] and given[1:2] not in ([], ["-h"], ["--help"]):
        # What follows is the program's own, `--` included, which argparse would take for itself.
        parsed = argparse.Namespace(command="exec", run=exec.execute, words=given[1:])
    else:
        parsed = parser.parse_args(given)
    if parsed.command is None:
        parser.print_help()
        return DONE
    run = cast("Callable[[argparse.Namespace], int]", parsed.run)
    try:
        return run(parsed)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough
        sys.stderr.close()
        return DONE
    except (Error, ValueError, OSError, RuntimeError) as error:
        print(f"stepwell: {error}", file=sys.stderr)
        return FAILED


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="stepwell",
        description="Experiment metrics that cost a microsecond and survive the process.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    for command in _COMMANDS:
        command.add_to(commands)
    return parser


class _Version(argparse.Action):
    """Prints the version, which the native module knows."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from stepwell import __version__

        print(f"stepwell {__version__}")
        parser.exit()
