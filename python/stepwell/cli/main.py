"""Arguments of the command line, and which command they mean.

Exit codes: 0 done, also of `serve` and `ui` after Ctrl-C, SIGTERM or SIGHUP · 1 it did not work, and a sentence says
why · 2 wrong arguments · 3 `sync` left something unsent, or the run of the demo is not complete · 130, 143 and 129:
Ctrl-C, SIGTERM or SIGHUP cut it short.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, cast

from stepwell.errors import Error
from stepwell.serving.ports import DEFAULT_PORT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DONE, FAILED, INTERRUPTED = 0, 1, 130

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
        parsed = argparse.Namespace(command="exec", run=_execute, words=given[1:])
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

    def command(name: str, text: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        added.set_defaults(run=run)
        return added

    serve = command("serve", "run a server: gRPC, HTTP and the dashboard on one port", _serve)
    serve.add_argument("--dir", default="stepwell-server", help="directory of the store (default: ./%(default)s)")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument("--port", type=_port, default=DEFAULT_PORT, help="port; 0 picks one (default: %(default)s)")
    serve.add_argument("--port-file", metavar="FILE", help="write the port to FILE once the server listens")
    serve.add_argument(
        "--max-connections",
        type=_count,
        metavar="N",
        help="connections at most, three quarters of them by one address (default: what the open-files limit allows)",
    )

    ui = command("ui", "show the dashboard over a directory, live", _ui)
    ui.add_argument("dir", nargs="?", metavar="DIR", help="the directory (default: STEPWELL_DIR or ./stepwell)")
    ui.add_argument("--no-browser", action="store_true", help="do not open a browser")
    ui.add_argument("--port-file", metavar="FILE", help="write the port to FILE once the server listens")
    ui.add_argument("--port", type=_port, help=f"port; 0 picks one (default: {DEFAULT_PORT}, or one that is free)")

    sync = command("sync", "send what a server has not acknowledged; may be repeated and interrupted", _sync)
    sync.add_argument("dir", nargs="?", metavar="DIR", help="the directory (default: STEPWELL_DIR or ./stepwell)")
    sync.add_argument("--url", help="address of the server (default: STEPWELL_URL, or where each run was to go)")
    sync.add_argument("--timeout", type=float, metavar="SECONDS", help="give up after so long (default: never)")
    sync.add_argument("--json", action="store_true", help="print the result as JSON")

    runs = command("runs", "list runs", _runs)
    runs.add_argument("dir", nargs="?", metavar="DIR", help="a directory (default: STEPWELL_DIR or ./stepwell)")
    runs.add_argument("--url", help="a server instead of a directory")
    runs.add_argument("--project", help="only the runs of this project: project or entity/project")
    runs.add_argument("--filters", metavar="JSON", help='which ones, as for Api.runs: \'{"state": "failed"}\'')
    runs.add_argument("--order", metavar="FIELD", help="rising +FIELD or falling -FIELD (default: -created_at)")
    runs.add_argument("--json", action="store_true", help="print JSON, one run per line")

    export = command("export", "write runs to Parquet, CSV or JSON lines", _export)
    export.add_argument("run_path", nargs="?", metavar="RUN", help="project/id or entity/project/id")
    export.add_argument("--project", help="every run of this project, each to a file in the directory of --output")
    export.add_argument("--format", choices=("parquet", "csv", "jsonl"), help="(default: as FILE ends; parquet)")
    export.add_argument("-o", "--output", metavar="FILE", help="the file; with --project a directory (default: the id)")
    export.add_argument("--keys", help="only these keys, with commas between them")
    export.add_argument("--label", help="only the rows of this label (default: of all)")
    export.add_argument("--files", metavar="DIR", help="also download media and other files to DIR")
    export.add_argument("--dir", help="a directory (default: STEPWELL_DIR or ./stepwell)")
    export.add_argument("--url", help="a server instead of a directory")
    export.add_argument("--json", action="store_true", help="print what was written as JSON, one run per line")

    wandb = command("import-wandb", "take over what wandb logged offline", _import_wandb)
    wandb.add_argument("source", metavar="SOURCE", help="a directory wandb or offline-run-…, or a file run-….wandb")
    wandb.add_argument("--dir", help="the directory to write to (default: STEPWELL_DIR or ./stepwell)")
    wandb.add_argument("--entity", help="the entity of the runs (default: what wandb said, or local)")
    wandb.add_argument("--project", help="the project of the runs (default: what wandb said)")
    wandb.add_argument("--replace", action="store_true", help="delete and import anew runs that are there already")
    wandb.add_argument("--json", action="store_true", help="print what was imported as JSON, one run per line")

    verify = command("verify", "check every checksum and count of a directory", _verify)
    verify.add_argument("dir", nargs="?", metavar="DIR", help="the directory (default: STEPWELL_DIR or ./stepwell)")
    verify.add_argument("--json", action="store_true", help="print the result as JSON")
    verify.add_argument(
        "--repair",
        action="store_true",
        help="set a damaged store aside and make it anew: of the spools, or of what can be read of it",
    )

    execute = command("exec", "run a Python program in which `import wandb` means stepwell", _execute)
    execute.usage = "%(prog)s [-h] SCRIPT [ARG ...] | -m MODULE [ARG ...]"
    execute.add_argument("words", nargs="+", metavar="SCRIPT", help="what Python itself would be given")

    login = command("login", "send the runs of this user to a server from now on", _login)
    login.add_argument("url", metavar="URL", help="address of the server, http://host:port")

    board = command("import-tensorboard", "take over log directories of TensorBoard, one run for each", _tensorboard)
    board.add_argument("root", metavar="DIR", help="the log directory; every directory in it with event files counts")
    board.add_argument("--project", help="project of the runs (default: the name of DIR)")
    board.add_argument("--dir", help="directory to write to (default: STEPWELL_DIR or ./stepwell)")
    board.add_argument("--url", help="address of a server to send to (default: STEPWELL_URL, or none)")
    board.add_argument("--json", action="store_true", help="print JSON, one line per directory")

    demo = command("demo", "train a network on handwritten digits in four processes, and show it live", _demo)
    demo.add_argument("--exit", action="store_true", help="end when the run is done; exit code 0 if it is complete")
    demo.add_argument("--port", type=_port, default=0, help="port of the server; 0 picks one (default: %(default)s)")
    demo.add_argument("--port-file", metavar="FILE", help="write the port to FILE once the server listens")
    demo.add_argument("--steps", type=_steps, default=2400, help="training steps (default: %(default)s)")
    demo.add_argument("--dir", default="stepwell-demo", help="directory of server and ranks (default: ./%(default)s)")
    demo.add_argument("--no-browser", action="store_true", help="do not open a browser")
    return parser


class _Version(argparse.Action):
    """Prints the version, which the native module knows."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from stepwell import __version__

        print(f"stepwell {__version__}")
        parser.exit()


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; expected 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of connections; expected 1 to 1000000")
    return int(text)


def _steps(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of steps; expected 1 to 1000000")
    return int(text)


# Each command is imported when it is asked for: `stepwell --help` needs none of them.


def _serve(parsed: argparse.Namespace) -> int:
    from stepwell.cli.serve import serve

    return serve(parsed.dir, parsed.host, parsed.port, parsed.port_file, parsed.max_connections)


def _ui(parsed: argparse.Namespace) -> int:
    from stepwell.cli.ui import ui

    return ui(parsed.dir, parsed.port, parsed.port_file, open_browser=not parsed.no_browser)


def _sync(parsed: argparse.Namespace) -> int:
    from stepwell.cli.sync import sync

    return sync(parsed.dir, parsed.url, parsed.timeout, as_json=parsed.json)


def _runs(parsed: argparse.Namespace) -> int:
    from stepwell.cli.runs import runs

    return runs(parsed.dir, parsed.url, parsed.project, parsed.filters, parsed.order, as_json=parsed.json)


def _export(parsed: argparse.Namespace) -> int:
    from stepwell.cli.export import export

    return export(parsed)


def _import_wandb(parsed: argparse.Namespace) -> int:
    from stepwell.cli.import_wandb import import_wandb

    return import_wandb(parsed)


def _verify(parsed: argparse.Namespace) -> int:
    from stepwell.cli.verify import verify

    return verify(parsed.dir, as_json=parsed.json, repair=parsed.repair)


def _login(parsed: argparse.Namespace) -> int:
    from stepwell.cli.login import login

    return login(parsed.url)


def _execute(parsed: argparse.Namespace) -> int:
    from stepwell.cli.exec import execute

    execute(parsed.words)


def _tensorboard(parsed: argparse.Namespace) -> int:
    from stepwell.cli.import_tensorboard import import_tensorboard

    return import_tensorboard(parsed.root, parsed.project, parsed.dir, parsed.url, parsed.json)


def _demo(parsed: argparse.Namespace) -> int:
    from stepwell.demo.demo import Demo

    demo = Demo(parsed.dir, parsed.port, parsed.port_file, parsed.steps)
    return demo.run(stay=not parsed.exit, open_browser=not (parsed.no_browser or parsed.exit))
