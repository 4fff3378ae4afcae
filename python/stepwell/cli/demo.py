"""`stepwell demo`: a real training run, and the dashboard on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.cli.arguments import PORT, add_command, add_port_file, whole_number

if TYPE_CHECKING:
    import argparse

    from stepwell.cli.arguments import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "demo", "train a network on handwritten digits in four processes, and show it live", demo
    )
    parser.add_argument("--exit", action="store_true", help="end when the run is done; exit code 0 if it is complete")
    parser.add_argument("--port", type=PORT, default=0, help="port of the server; 0 picks one (default: %(default)s)")
    add_port_file(parser)
    parser.add_argument(
        "--steps",
        type=whole_number("number of steps", 1, 1_000_000),
        default=2400,
        help="training steps (default: %(default)s)",
    )
    parser.add_argument("--dir", default="stepwell-demo", help="directory of server and ranks (default: ./%(default)s)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def demo(parsed: argparse.Namespace) -> int:
    """Train, show it, and serve until a signal ends it, or with `--exit` until the run is done."""
    from stepwell.demo.demo import Demo

    demo = Demo(parsed.dir, parsed.port, parsed.port_file, parsed.steps)
    return demo.run(stay=not parsed.exit, open_browser=not (parsed.no_browser or parsed.exit))
