"""``events rebuild``: take every state that a topic holds anew, while the projection is read and goes on.

A second reading of the topic, beside the group's own and with its own offsets, gives every event to a handler that
also takes the state which a row claims to have already. So nothing is stopped, no row shows an older state in between,
and what is broken off goes on where it was.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from chassis.consumer import Subscription
from chassis.errors import ErrorKind, PlatformError
from chassis.kafka_client import headers_of, plain_consumer, require_no_fault
from chassis.operations.broker import Broker, Place
from chassis.operations.context import Context, Rebuild
from chassis.operations.refusals import MisuseError
from chassis.telemetry import begin_trace
from contracts.envelope import Event, MalformedEventError
from contracts.topics import DAY_MS, FOR_EVER, TOPICS

SHADOW = "rebuild"
"""The reading's offsets are those of a group with this at its end."""

TELL_SECONDS = 2.0
UNAVAILABLE_SECONDS = 60.0
"""A server that is away is waited for so long; then the command ends, and goes on when it is run again."""


@dataclass(slots=True)
class _Progress:
    total: int
    events: int = 0
    refused: list[dict[str, object]] = field(default_factory=list)
    told_at: float = field(default_factory=time.monotonic)


def rebuild(context: Context, *, name: str, is_rehearsal: bool) -> int:
    """Rebuild one of the service's projections.

    Raises
    ------
    MisuseError
        It cannot be rebuilt from a topic.
    """
    way = context.rebuilds.get(name)
    if way is not None:
        return way(context, is_rehearsal)
    possible = ", ".join(sorted(context.rebuilds)) or "none"
    for group in context.groups:
        if group.group == name:
            days = [
                f"{topic.name} is kept for {topic.retention_ms // DAY_MS} days"
                for topic in TOPICS
                if topic.name in group.topics and topic.retention_ms != FOR_EVER
            ]
            reason = f" ({', '.join(days)})" if days else ""
            raise MisuseError(
                f"{name} is not rebuilt by this command{reason}.",
                remedy=f"docs/operating-events.md says what can be made anew, and how. By this command: {possible}.",
            )
    raise MisuseError(f"This service has no projection {name!r}.", remedy=f"Rebuilt can be: {possible}.")


def projection_rebuild(subscription: Subscription, *, close: Callable[[], Awaitable[None]]) -> Rebuild:
    """Make the way to rebuild a projection.

    Parameters
    ----------
    subscription
        Its handler takes a state that is known already as new.
    close
        Called at the end.
    """

    def run(context: Context, is_rehearsal: bool) -> int:
        return asyncio.run(_rebuild(context, subscription, close, is_rehearsal=is_rehearsal))

    return run


async def _rebuild(
    context: Context, subscription: Subscription, close: Callable[[], Awaitable[None]], *, is_rehearsal: bool
) -> int:
    broker, out = Broker(context.kafka), context.out
    (topic,) = subscription.topics
    shadow = f"{subscription.group}.{SHADOW}"
    broker.require({topic})
    places = broker.places(shadow, topic)
    total = sum(place.end - place.next for place in places.values())
    if any(place.begin for place in places.values()):
        out.say(f"{topic} has lost its beginning: what only that said stays as it is.")
    if any(place.next > place.begin for place in places.values()):
        out.say("A rebuild was broken off; it goes on from there.")
    if is_rehearsal:
        out.say(f"Up to {total} events of {topic} would be applied anew to {subscription.group}. Nothing was changed.")
        return 0
    progress = _Progress(total)
    consumer = plain_consumer(context.kafka, shadow, prefetch_kbytes=16_384, tells_ends=True)
    try:
        with broker.outages():
            await _read_all(consumer, context, subscription, places, progress)
            broker.forget(shadow)
    finally:
        consumer.close()
        await close()
    shown = ("topic", "partition", "offset", "key", "reason")
    if progress.refused or out.as_json:
        out.rows("Refused events", progress.refused, shown=shown, empty="")
    out.say(f"{subscription.group} is rebuilt: {progress.events} events applied, {len(progress.refused)} refused.")
    return 1 if progress.refused else 0


async def _read_all(
    consumer: Consumer,
    context: Context,
    subscription: Subscription,
    places: dict[int, Place],
    progress: _Progress,
) -> None:
    name = context.kafka.named(subscription.topics[0])
    reading = {number for number, place in places.items() if place.next < place.end}
    consumer.assign([TopicPartition(name, number, places[number].next) for number in reading])
    while reading:
        messages = await asyncio.to_thread(consumer.consume, subscription.max_records, 0.5)
        records = []
        for message in messages:
            error = message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - the library's name
                reading.discard(message.partition())
                continue
            require_no_fault(message)
            records.append(message)
        if records:
            await _apply(subscription, records, progress)
            await asyncio.to_thread(_commit, consumer, records)
        if time.monotonic() - progress.told_at > TELL_SECONDS:
            progress.told_at = time.monotonic()
            context.out.say(f"{progress.events} of about {progress.total} events")


async def _apply(subscription: Subscription, messages: Sequence[Message], progress: _Progress) -> None:
    """Apply a batch, or one by one what of it can be applied."""
    events = list(_events(messages, progress))
    try:
        await _handle(subscription, [event for _, event in events])
    except Exception as error:
        if _is_unavailable(error):
            raise
        for message, event in events:
            await _apply_one(subscription, message, event, progress)
    else:
        progress.events += len(events)


def _events(messages: Sequence[Message], progress: _Progress) -> Iterator[tuple[Message, Event]]:
    for message in messages:
        try:
            event = Event.from_record(key=message.key(), value=message.value(), headers=headers_of(message))
        except MalformedEventError as error:
            _refuse(progress, message, error)
        else:
            yield message, event


async def _apply_one(subscription: Subscription, message: Message, event: Event, progress: _Progress) -> None:
    try:
        await _handle(subscription, [event])
    except Exception as error:
        if _is_unavailable(error):
            raise
        _refuse(progress, message, error)
    else:
        progress.events += 1


async def _handle(subscription: Subscription, events: Sequence[Event]) -> None:
    deadline = time.monotonic() + UNAVAILABLE_SECONDS
    while events:
        begin_trace(events[0].traceparent)
        try:
            await subscription.handler(events)
        except PlatformError as error:
            if error.kind is not ErrorKind.UNAVAILABLE or time.monotonic() > deadline:
                raise
            await asyncio.sleep(1.0)
        else:
            return


def _is_unavailable(error: Exception) -> bool:
    return isinstance(error, PlatformError) and error.kind is ErrorKind.UNAVAILABLE


def _refuse(progress: _Progress, message: Message, error: Exception) -> None:
    key = message.key()
    progress.refused.append(
        {
            "topic": message.topic(), "partition": message.partition(), "offset": message.offset(),
            "key": key.decode("utf-8", "backslashreplace") if isinstance(key, bytes) else None,
            "reason": repr(error)[:500],
        }
    )  # fmt: skip


def _commit(consumer: Consumer, messages: Sequence[Message]) -> None:
    ends = {(message.topic() or "", message.partition() or 0): (message.offset() or 0) + 1 for message in messages}
    consumer.commit(offsets=[TopicPartition(*place, end) for place, end in ends.items()], asynchronous=False)
