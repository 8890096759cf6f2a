"""``events rewind``: have a group apply again what it has applied since some time or offset."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from confluent_kafka import TopicPartition

from chassis.consumer_group import ConsumerGroup
from chassis.kafka_client import plain_consumer
from chassis.operations.backlog import measure_backlog
from chassis.operations.broker import ANSWER_SECONDS, Broker, Place, group_at_work
from chassis.operations.context import Context
from chassis.operations.refusals import MisuseError, OperationRefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to: a time, or offsets of some partitions by topic, or (both None) the beginning."""

    time: datetime | None = None
    offsets: Mapping[tuple[str, int], int] | None = None


def rewind(context: Context, *, name: str, target: Target, is_rehearsal: bool, is_forced: bool) -> int:
    """Show what would be delivered again and, unless it is a rehearsal, move the group there."""
    broker, out = Broker(context.kafka), context.out
    described, group = find_group(context, broker, name)
    broker.require(set(described.topics))
    if not is_rehearsal and broker.members(group)[""]:
        raise group_at_work(group)
    rows, moves = [], {}
    oldest_at: float | None = None
    for topic in described.topics:
        places = broker.places(group, topic)
        goals = _goals(context, broker, group, topic, places, target)
        moves[topic] = {number: goal for number, goal in goals.items() if goal < places[number].next}
        for number, place in places.items():
            with broker.outages():
                between = {number: Place(place.begin, place.next, goals[number])}
                again = measure_backlog(context.kafka, topic, between)
            oldest_at = min(filter(None, (oldest_at, again.oldest_at)), default=None)
            rows.append(
                {
                    "topic": topic, "partition": number, "from": place.next, "to": goals[number],
                    "delivered_again": again.events, "is_exact": again.is_exact,
                }
            )  # fmt: skip
    shown = ("topic", "partition", "from", "to", "delivered_again")
    out.rows(f"Rewind of {group}", rows, shown=shown, empty="The topics have no partitions.")
    _require_memory(described, oldest_at, is_forced=is_forced)
    if is_rehearsal:
        out.say("Nothing was changed; without --dry-run this is what would be.")
        return 0
    for topic, offsets in moves.items():
        if offsets:
            broker.move(group, topic, offsets)
    out.say(f"{group} goes on from there; start its workers (locally `make start S={group.split('.', 1)[0]}-work`).")
    return 0


def find_group(context: Context, broker: Broker, name: str) -> tuple[ConsumerGroup, str]:
    """Find a group by its name; returns its description and the name of the one that really exists.

    Raises
    ------
    MisuseError
        This service has no such group, or several of its generations are at work.
    """
    for described in context.groups:
        if name == described.group:
            found = broker.real_groups(described)
            if len(found) > 1:
                raise MisuseError(f"{name} has several generations.", remedy=f"Name one of them: {', '.join(found)}.")
            return described, found[0]
        if described.has_generations and name.startswith(f"{described.group}."):
            return described, name
    names = ", ".join(sorted(described.group for described in context.groups)) or "none"
    raise MisuseError(f"This service has no group {name!r}.", remedy=f"Groups: {names}.")


def _goals(
    context: Context, broker: Broker, group: str, topic: str, places: Mapping[int, Place], target: Target
) -> dict[int, int]:
    """Say where each partition goes: back, or nowhere; what the topic keeps no longer cannot be had again."""
    if target.time is not None:
        name = context.kafka.named(topic)
        since_ms = int(target.time.timestamp() * 1_000)
        consumer = plain_consumer(context.kafka, group)
        try:
            with broker.outages():
                wanted = [TopicPartition(name, number, since_ms) for number in places]
                found = {one.partition: one.offset for one in consumer.offsets_for_times(wanted, ANSWER_SECONDS)}
        finally:
            consumer.close()
        # Where no event is so young, the group stays.
        return {
            number: min(place.next, max(place.begin, found[number])) if found[number] >= 0 else place.next
            for number, place in places.items()
        }
    if target.offsets is None:
        return {number: place.begin for number, place in places.items()}
    goals = {number: place.next for number, place in places.items()}
    for (other, number), offset in target.offsets.items():
        if other == topic:
            goals[number] = _checked(topic, number, offset, places.get(number))
    return goals


def _checked(topic: str, number: int, offset: int, place: Place | None) -> int:
    if place is None:
        raise MisuseError(f"{topic} has no partition {number}.", remedy="`events rewind … --dry-run` lists them.")
    if offset > place.next:
        raise OperationRefusedError(
            f"{topic}:{number}:{offset} is ahead of the group, which is at {place.next}: events would be lost.",
            remedy="Give a smaller offset; single events that must not be applied are dropped as dead letters.",
        )
    return max(offset, place.begin)


def _require_memory(group: ConsumerGroup, oldest_at: float | None, *, is_forced: bool) -> None:
    if group.remembers_days is None or oldest_at is None or is_forced:
        return
    oldest = datetime.fromtimestamp(oldest_at, UTC)
    if oldest < datetime.now(UTC) - timedelta(days=group.remembers_days):
        raise OperationRefusedError(
            f"{group.group} remembers for {group.remembers_days} days what it has applied, and would apply events since"
            f" {oldest:%Y-%m-%d} a second time.",
            remedy="Choose a later time, or say --force if their effect is really missing.",
        )
