"""``events letters`` and ``events show``: look at dead letters."""

from chassis.dead_letter_desk import LetterContent
from chassis.operations.broker import Broker
from chassis.operations.context import Context
from chassis.operations.desks import Desks, Filed, Filter, open_desks
from chassis.operations.letter_view import body_lines, letter_document, letter_row
from chassis.operations.printing import UNKNOWN
from chassis.operations.refusals import MisuseError, OperationRefusedError

SHOWN_REASON = 200
"""Characters of a reason in a list; `show` and ``--json`` give all."""


def list_letters(context: Context, *, wanted: Filter) -> int:
    """List open letters."""
    out, broker = context.out, ready_broker(context, wanted)
    with open_desks(context.kafka, broker, context.groups) as desks, broker.outages():
        rows = [letter_row(filed.letter, prefix=context.kafka.prefix) for filed in desks.find(wanted)]
    if not out.as_json:
        rows = [row | {"reason": str(row["reason"])[:SHOWN_REASON]} for row in rows]
    shown = ("topic", "letter", "group", "key", "kind", "attempts", "failed_at", "reason")
    out.rows("Open dead letters", rows, shown=shown, empty="There are no open dead letters.")
    return 0


def show_letter(context: Context, *, wanted: Filter) -> int:
    """Show everything about one open letter."""
    out, broker = context.out, ready_broker(context, wanted)
    with open_desks(context.kafka, broker, context.groups) as desks, broker.outages():
        content = read_content(find_one(desks, wanted))
    if out.as_json:
        out.document(letter_document(content, prefix=context.kafka.prefix))
        return 0
    for name, value in letter_row(content.letter, prefix=context.kafka.prefix).items():
        out.line(f"{name:<12} {UNKNOWN if value is None else value}")
    out.line("headers")
    for name, given in content.headers:
        out.line(f"  {name}: {given.decode('utf-8', 'backslashreplace')}")
    out.line("body")
    for line in body_lines(content.value):
        out.line(f"  {line}")
    return 0


def ready_broker(context: Context, wanted: Filter) -> Broker:
    """Connect, and refuse names that this service does not know.

    Raises
    ------
    MisuseError
        There is no such topic or group here.
    """
    topics = {topic for group in context.groups for topic in group.topics}
    if wanted.topic is not None and wanted.topic not in topics:
        raise MisuseError(
            f"This service does not consume a topic {wanted.topic!r}.", remedy=f"Topics: {_listed(topics)}."
        )
    names = {group.group for group in context.groups}
    if wanted.group is not None and not any(f"{wanted.group}.".startswith(f"{name}.") for name in names):
        raise MisuseError(f"This service has no group {wanted.group!r}.", remedy=f"Groups: {_listed(names)}.")
    broker = Broker(context.kafka)
    broker.require(topics)
    return broker


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def find_one(desks: Desks, wanted: Filter) -> Filed:
    """Find the one open letter that is meant.

    Raises
    ------
    OperationRefusedError
        There is none.
    """
    found = desks.find(wanted)
    if not found:
        raise OperationRefusedError(
            f"There is no open letter {wanted.letter} of {wanted.topic}.",
            remedy="`events letters` lists those that there are.",
        )
    return found[0]


def read_content(filed: Filed) -> LetterContent:
    """Fetch what a letter holds.

    Raises
    ------
    OperationRefusedError
        Kafka has deleted it meanwhile.
    """
    contents = filed.desk.contents([filed.letter])
    if not contents:
        raise OperationRefusedError(
            f"Letter {filed.letter.offset} is kept no longer.",
            remedy="Its time is over; drop it, and correct what it was about where it came from.",
        )
    return contents[0]
