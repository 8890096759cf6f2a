"""``events replay`` and ``events drop``: have the consumers settle letters, and tell what came of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chassis.dead_letter_desk import DeadLetterDesk, PlacedOrder
from chassis.dead_letters import Letter, OrderKind
from chassis.operations.broker import Broker
from chassis.operations.context import Context
from chassis.operations.desks import Desks, Filed, Filter, key_text, open_desks
from chassis.operations.letter_view import letter_document
from chassis.operations.letters import find_one, read_content, ready_broker
from chassis.operations.printing import Output

SETTLED = {"applied", "dropped", "settled before"}
_PROGRESS = 100


@dataclass(slots=True, kw_only=True)
class Fate:
    """What became of a letter; `result` is the kind of its last outcome, ``waiting`` while there is none."""

    topic: str
    letter: int
    group: str
    key: str | None
    result: str = "waiting"
    reason: str = ""


def replay(context: Context, *, wanted: Filter, timeout_seconds: float) -> int:
    """Order a replay of the keys of all letters that are meant; returns 1 unless all of them are settled."""
    out, broker = context.out, ready_broker(context, wanted)
    with open_desks(context.kafka, broker, context.groups) as desks, broker.outages():
        found = desks.find(wanted)
        if not found and wanted.letter is not None and wanted.topic is not None:
            if desks.is_settled(wanted.topic, wanted.letter):
                out.say(f"Letter {wanted.letter} of {wanted.topic} is settled already; there is nothing to do.")
                return 0
            find_one(desks, wanted)  # says that there is none
        return _carry_out(desks, broker, found, "replay", out=out, timeout_seconds=timeout_seconds)


def drop(context: Context, *, wanted: Filter, timeout_seconds: float) -> int:
    """Order that a letter be forgotten, after printing it so that it can be kept; what waited behind it goes on."""
    out, broker = context.out, ready_broker(context, wanted)
    with open_desks(context.kafka, broker, context.groups) as desks, broker.outages():
        filed = find_one(desks, wanted)
        out.document(letter_document(read_content(filed), prefix=context.kafka.prefix))
        return _carry_out(desks, broker, [filed], "drop", out=out, timeout_seconds=timeout_seconds)


def _carry_out(
    desks: Desks, broker: Broker, found: Sequence[Filed], kind: OrderKind, *, out: Output, timeout_seconds: float
) -> int:
    fates: dict[tuple[str, str, int], Fate] = {}
    for filed in _with_those_behind(desks, found):
        fate = _fate(desks, filed.letter)
        fates[fate.group, fate.topic, fate.letter] = fate
    unanswered = []
    for desk, letters in _first_of_each_key(found).items():
        group = desks.plain(letters[0].group)
        orders = {desk.order(letter, kind): letter for letter in letters}
        out.say(f"{len(orders)} order(s) written for {group}; its consumers carry them out.")
        if not _follow(desks, desk, orders, fates, out=out, timeout_seconds=timeout_seconds):
            unanswered.append(group)
    _look_again(desks, fates)
    rows = [
        {"topic": one.topic, "letter": one.letter, "key": one.key, "result": one.result, "reason": one.reason}
        for one in fates.values()
    ]
    if kind == "replay":
        shown = ("topic", "letter", "key", "result", "reason")
        out.rows("What became of the letters", rows, shown=shown, empty="There is nothing to do: no letter is open.")
    else:
        for row in rows:
            out.say(f"letter {row['letter']} of {row['topic']}: {row['result']} {row['reason']}".rstrip())
    for group in unanswered:
        out.say(_remedy(group, members=broker.members(group)[""], timeout_seconds=timeout_seconds))
    is_well = not unanswered and all(one.result in SETTLED for one in fates.values())
    return 0 if is_well else 1


def _with_those_behind(desks: Desks, found: Sequence[Filed]) -> Iterable[Filed]:
    """Give the letters that are meant and all others of their keys, which share their fate."""
    keys = {(filed.letter.group, filed.letter.topic, filed.letter.key) for filed in found if filed.letter.key}
    single = {(filed.letter.group, filed.letter.topic, filed.letter.offset) for filed in found}
    for filed in desks.find(Filter()):
        letter = filed.letter
        if (letter.group, letter.topic, letter.key) in keys or (letter.group, letter.topic, letter.offset) in single:
            yield filed


def _first_of_each_key(found: Sequence[Filed]) -> dict[DeadLetterDesk, list[Letter]]:
    """One order is enough for a key; letters without one stand for themselves."""
    chosen: dict[DeadLetterDesk, dict[tuple[str, bytes | int], Letter]] = {}
    for filed in found:
        letter = filed.letter
        name = letter.key if letter.key is not None else letter.offset
        chosen.setdefault(filed.desk, {}).setdefault((letter.topic, name), letter)
    return {desk: list(letters.values()) for desk, letters in chosen.items()}


def _follow(
    desks: Desks,
    desk: DeadLetterDesk,
    orders: dict[PlacedOrder, Letter],
    fates: dict[tuple[str, str, int], Fate],
    *,
    out: Output,
    timeout_seconds: float,
) -> bool:
    """Note the outcomes; says whether all orders were carried out in time."""
    count = 0
    try:
        for order, outcome in desk.follow(orders, timeout_seconds=timeout_seconds):
            if outcome.kind == "done":
                continue
            letter = orders[order]
            topic, group = desks.plain(letter.topic), desks.plain(letter.group)
            fresh = Fate(topic=topic, letter=outcome.letter, group=group, key=key_text(letter.key))
            fate = fates.setdefault((group, topic, outcome.letter), fresh)
            fate.result, fate.reason = outcome.kind, outcome.reason
            count += 1
            if count % _PROGRESS == 0:
                out.say(f"{count} letters so far")
    except TimeoutError:
        return False
    return True


def _look_again(desks: Desks, fates: dict[tuple[str, str, int], Fate]) -> None:
    """Tell letters that another operator's order has settled from those that are still open."""
    still_open = {
        (desks.plain(one.letter.group), desks.plain(one.letter.topic), one.letter.offset)
        for one in desks.find(Filter())
    }
    for place, fate in fates.items():
        if fate.result == "waiting" and place not in still_open:
            fate.result = "settled before"


def _fate(desks: Desks, letter: Letter) -> Fate:
    return Fate(
        topic=desks.plain(letter.topic),
        letter=letter.offset,
        group=desks.plain(letter.group),
        key=key_text(letter.key),
    )


def _remedy(group: str, *, members: int, timeout_seconds: float) -> str:
    service = group.split(".", 1)[0]
    if members:
        return (
            f"{group} has {members} member(s) but did not answer for {timeout_seconds:.0f} s; their log says"
            " what they wait for. The order stays and is carried out as soon as they can."
        )
    return (
        f"No member of {group} runs, so nobody carried the order out. It stays and is carried out as soon as one does:"
        f" start it (locally `make start S={service}-work`)."
    )
