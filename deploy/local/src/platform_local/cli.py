"""``platform-local``: the commands of the Makefile; in containers where ``STACK=docker`` is set."""

from __future__ import annotations

import argparse
import os
import sys

from rich.console import Console

from platform_local import commands
from platform_local.docker_stack import bring_up_in_containers, run_in_containers
from platform_local.errors import LocalPlatformError
from platform_local.mails import show_mails
from platform_local.messages import print_error
from platform_local.status import show_status
from platform_local.up import bring_up


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status: 0, 1 for a failure that was told, 130 when interrupted."""
    options = _parser().parse_args(arguments)
    # Off a terminal there is no width to respect: paths must stay in one piece.
    console = Console() if sys.stdout.isatty() else Console(width=160)
    try:
        return _run(options, console)
    except LocalPlatformError as error:
        print_error(error)
        return 1
    except KeyboardInterrupt:
        console.print("\ninterrupted; `make up` goes on from here, `make down` stops what runs")
        return 130


def _run(options: argparse.Namespace, console: Console) -> int:
    if options.command == "events":
        commands.look_after_events(options.name, options.arguments)
    if options.command == "mails":
        show_mails(console, options.number)
        return 0
    if os.environ.get("STACK") == "docker":
        return _run_in_containers(options, console)
    match options.command:
        case "up":
            bring_up(console, options.only)
        case "status":
            return 0 if show_status(console) else 1
        case "logs":
            commands.show_logs(options.name)
        case "restart" | "stop" | "start":
            act = {"restart": commands.restart, "stop": commands.stop, "start": commands.start}[options.command]
            act(console, options.name)
        case "down":
            commands.bring_down(console)
        case "reset":
            commands.reset(console, sure=options.yes)
        case _:
            raise AssertionError(options.command)
    return 0


def _run_in_containers(options: argparse.Namespace, console: Console) -> int:
    if options.command == "up":
        bring_up_in_containers(console)
        return 0
    return run_in_containers(options.command, getattr(options, "name", ""), sure=getattr(options, "yes", False))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="platform-local", description="The whole platform on this machine.")
    command = parser.add_subparsers(dest="command", required=True)
    up = command.add_parser("up", help="start everything and wait until it works")
    up.add_argument(
        "--only", type=_names, default=[], metavar="NAMES", help="comma-separated components instead of all"
    )
    command.add_parser("status", help="what runs, and the memory it takes")
    for name, text in (("logs", "last log lines; on a terminal it follows them"), ("restart", "stop and start")):
        named = command.add_parser(name, help=text)
        named.add_argument("name", nargs="?", default="", help="a component or a program; all where left out")
    for name, text in (("stop", "stop programs until they are started again"), ("start", "start stopped programs")):
        command.add_parser(name, help=text).add_argument("name", help="a component or a program")
    events = command.add_parser("events", help="look after the events of a service")
    events.add_argument("name", help="a service")
    events.add_argument("arguments", nargs=argparse.REMAINDER, help="such as: lag")
    mails = command.add_parser("mails", help="the mails that the platform has sent")
    mails.add_argument("number", nargs="?", type=int, help="one of them; 1 is the newest")
    command.add_parser("down", help="stop everything; data stays")
    reset = command.add_parser("reset", help="stop everything and delete all data")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    return parser


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


if __name__ == "__main__":
    sys.exit(main())
