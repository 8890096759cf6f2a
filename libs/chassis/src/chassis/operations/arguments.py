"""The arguments of each command, and the call that they mean."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from chassis.operations.context import Context
from chassis.operations.desks import Filter
from chassis.operations.lag import show_lag
from chassis.operations.letters import list_letters, show_letter
from chassis.operations.orders import drop, replay
from chassis.operations.outbox import show_outbox
from chassis.operations.rebuild import rebuild
from chassis.operations.rewind import Target, rewind

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no other name for it

ORDER_SECONDS = 60.0

Call = Callable[[Context], int]


def events_parser(service: str) -> argparse.ArgumentParser:
    """Make the parser; its result's ``make`` turns it into a call."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {service} events",
        description="Look after the events of this service. docs/operating-events.md explains each command.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_lag(commands)
    _add_letters(commands)
    _add_show(commands)
    _add_replay(commands)
    _add_drop(commands)
    _add_rewind(commands)
    _add_rebuild(commands)
    _add_outbox(commands)
    return parser


def _command(
    commands: "Commands", name: str, what: str, make: Callable[[argparse.Namespace], Call]
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=what, description=what)
    command.add_argument("--json", action="store_true", dest="as_json", help="one JSON document, for machines")
    command.set_defaults(make=make)
    return command


def _add_lag(commands: "Commands") -> None:
    def make(options: argparse.Namespace) -> Call:
        return partial(show_lag, max_lag=options.max_lag, max_age_seconds=options.max_age)

    lag = _command(commands, "lag", "how far each consumer group is behind, and what it has put aside", make)
    lag.add_argument("--max-lag", type=int, metavar="EVENTS", help="exit with 1 where a group is further behind")
    lag.add_argument("--max-age", type=float, metavar="SECONDS", help="exit with 1 where the next event is older")


def _add_letters(commands: "Commands") -> None:
    def make(options: argparse.Namespace) -> Call:
        wanted = Filter(topic=options.topic, group=options.group, key=options.key, failed_only=options.failed_only)
        return partial(list_letters, wanted=wanted)

    letters = _command(commands, "letters", "open dead letters: what failed, and what waits behind it", make)
    letters.add_argument("--topic", help="of this topic only")
    letters.add_argument("--group", help="of this consumer group only")
    letters.add_argument("--key", help="of this record key only")
    letters.add_argument("--failed-only", action="store_true", help="without those that wait behind a failed one")


def _add_show(commands: "Commands") -> None:
    def make(options: argparse.Namespace) -> Call:
        return partial(show_letter, wanted=Filter(topic=options.topic, letter=options.letter))

    show = _command(commands, "show", "one dead letter with its headers, its reason and its body", make)
    show.add_argument("topic", metavar="TOPIC")
    show.add_argument("letter", type=int, metavar="LETTER", help="its number in `events letters`")


def _add_replay(commands: "Commands") -> None:
    def make(options: argparse.Namespace) -> Call:
        ways = (options.topic is not None, options.all, options.key is not None)
        if ways.count(True) != 1 or (options.topic is not None) != (options.letter is not None):
            again.error("say what to replay: TOPIC and LETTER, or --key, or --all")
        wanted = Filter(topic=options.topic, letter=options.letter, key=options.key)
        return partial(replay, wanted=wanted, timeout_seconds=options.timeout)

    again = _command(commands, "replay", "apply dead letters again, in order, with what waited behind them", make)
    again.add_argument("topic", nargs="?", metavar="TOPIC")
    again.add_argument("letter", nargs="?", type=int, metavar="LETTER", help="its whole key is replayed")
    again.add_argument("--all", action="store_true", help="every open letter of this service")
    again.add_argument("--key", help="every open letter of this record key")
    _add_timeout(again)


def _add_drop(commands: "Commands") -> None:
    def make(options: argparse.Namespace) -> Call:
        if not options.yes:
            forget.error("what is dropped never has its effect: look at it with `events show`, then add --yes")
        return partial(drop, wanted=Filter(topic=options.topic, letter=options.letter), timeout_seconds=options.timeout)

    forget = _command(commands, "drop", "forget a dead letter; it is printed as JSON, so that it can be kept", make)
    forget.add_argument("topic", metavar="TOPIC")
    forget.add_argument("letter", type=int, metavar="LETTER")
    forget.add_argument("--yes", action="store_true", help="yes, its effect will never be")
    _add_timeout(forget)


def _add_rewind(commands: "Commands") -> None:
    def make(options: argparse.Namespace) -> Call:
        target = Target(time=options.to_time, offsets=dict(options.to_offset) if options.to_offset else None)
        return partial(rewind, name=options.group, target=target, is_rehearsal=options.dry_run, is_forced=options.force)

    back = _command(commands, "rewind", "apply again what a group has applied since a time or an offset", make)
    back.add_argument("group", metavar="GROUP")
    where = back.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--to-time", type=_instant, metavar="ISO", help="2026-11-25T13:00:00Z; UTC where no zone is said"
    )
    where.add_argument(
        "--to-offset", type=_place, action="append", metavar="TOPIC:PARTITION:OFFSET", help="may be given several times"
    )
    where.add_argument("--to-beginning", action="store_true", help="as far as the topics go back")
    back.add_argument("--dry-run", action="store_true", help="only show what would be delivered again")
    back.add_argument("--force", action="store_true", help="even where the group has forgotten what it has applied")


def _add_rebuild(commands: "Commands") -> None:
    def make(options: argparse.Namespace) -> Call:
        return partial(rebuild, name=options.projection, is_rehearsal=options.dry_run)

    anew = _command(commands, "rebuild", "make a projection anew from its topic, while it is read", make)
    anew.add_argument("projection", metavar="PROJECTION", help="the name of its consumer group")
    anew.add_argument("--dry-run", action="store_true", help="only say what would be applied")


def _add_outbox(commands: "Commands") -> None:
    def make(options: argparse.Namespace) -> Call:
        return partial(show_outbox, max_depth=options.max_depth, max_age_seconds=options.max_age)

    outbox = _command(commands, "outbox", "what waits to be sent to Kafka, and whether a relay is at work", make)
    outbox.add_argument("--max-depth", type=int, metavar="EVENTS", help="exit with 1 where more wait")
    outbox.add_argument("--max-age", type=float, metavar="SECONDS", help="exit with 1 where the oldest is older")


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def _place(text: str) -> tuple[tuple[str, int], int]:
    topic, partition, offset = text.rsplit(":", 2)
    return (topic, int(partition)), int(offset)


def _add_timeout(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--timeout", type=float, default=ORDER_SECONDS, metavar="SECONDS",
        help="stop watching when nothing has come of the order for so long (60)",
    )  # fmt: skip
