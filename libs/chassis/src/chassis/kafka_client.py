"""librdkafka, spoken to from an event loop: its calls block, so each client has a thread that makes them in order."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from operator import itemgetter
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from chassis.dead_letters import Headers
from chassis.kafka import Kafka
from chassis.kafka_log import KAFKA_LOG

P = ParamSpec("P")
T = TypeVar("T")
P1 = TypeVar("P1")

SESSION_TIMEOUT_MS = 6_000
"""A killed consumer's partitions wait this long; the shortest that brokers permit by default."""

RECONNECT_MAX_MS = 1_000
"""After an outage a client is back within this time; the library's own 10 s would add to every outage."""

PREFETCH_KBYTES = 16_384
"""Fetched ahead at most, for each consumer; the library's own 64 MiB is more than a small pod should risk."""

OnCommit = Callable[[KafkaError | None, list[TopicPartition]], None]

_VALUE = itemgetter(1)

_COMMON: dict[str, Any] = {
    "reconnect.backoff.max.ms": RECONNECT_MAX_MS,
    "socket.keepalive.enable": True,
    "log.connection.close": False,
    "allow.auto.create.topics": False,
    "logger": KAFKA_LOG,
}


class BlockingCalls:
    """Runs calls one after the other in a thread of its own.

    The thread is a daemon: a call that a stopped broker never answers must not keep the process from ending.
    """

    def __init__(self, name: str) -> None:
        self._waiting: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        threading.Thread(target=self._work, name=name, daemon=True).start()

    async def __call__(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Await a blocking call. When cancelled, the call ends by itself and the next one comes after it."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def run() -> None:
            try:
                result = call(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - whoever awaits the call gets it
                _tell(loop, answer, answer.set_exception, error)
            else:
                _tell(loop, answer, answer.set_result, result)

        self._waiting.put(run)
        return await answer

    def close(self) -> None:
        """Let the thread end with what it is doing."""
        self._waiting.put(None)

    def _work(self) -> None:
        while (run := self._waiting.get()) is not None:
            run()


def _tell(loop: asyncio.AbstractEventLoop, answer: asyncio.Future[T], how: Callable[[P1], None], what: P1) -> None:
    """Settle an answer on its loop, unless it was cancelled or the loop has ended."""

    def settle() -> None:
        if not answer.done():
            how(what)

    with suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(settle)


def group_consumer(kafka: Kafka, group: str, *, on_commit: OnCommit = lambda *_: None) -> Consumer:
    """Make a consumer of a group: cooperative, committed transactions only, offsets only when told."""
    return Consumer(
        {
            **_COMMON,
            "bootstrap.servers": kafka.bootstrap_servers,
            "group.id": kafka.named(group),
            "client.id": kafka.named(group),
            "partition.assignment.strategy": "cooperative-sticky",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "on_commit": on_commit,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "max.poll.interval.ms": 600_000,
            "session.timeout.ms": SESSION_TIMEOUT_MS,
            "heartbeat.interval.ms": SESSION_TIMEOUT_MS // 4,
            "topic.metadata.refresh.interval.ms": 30_000,
            "queued.max.messages.kbytes": PREFETCH_KBYTES,
        }
    )


def plain_consumer(kafka: Kafka, name: str, *, prefetch_kbytes: int = 1_024, tells_ends: bool = False) -> Consumer:
    """Make a consumer without a group's membership, which is told what to read and commits nothing by itself.

    With `tells_ends` it gives an event of ``_PARTITION_EOF`` whenever it has come to a partition's end.
    """
    return Consumer(
        {
            **_COMMON,
            "bootstrap.servers": kafka.bootstrap_servers,
            "group.id": kafka.named(name),
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": tells_ends,
            "isolation.level": "read_committed",
            "queued.max.messages.kbytes": prefetch_kbytes,
        }
    )


def plain_producer(kafka: Kafka) -> Producer:
    """Make an idempotent producer that waits for all replicas; each message is on its way for 30 s at most."""
    return Producer(
        {
            **_COMMON,
            "bootstrap.servers": kafka.bootstrap_servers,
            "acks": "all",
            "enable.idempotence": True,
            # The partition of a key as Kafka's Java client chooses it; librdkafka's own choice is another.
            "partitioner": "murmur2_random",
            "linger.ms": 1,
            "message.timeout.ms": 30_000,
            "message.max.bytes": 4 * 1024 * 1024,
        }
    )


def admin_client(kafka: Kafka) -> AdminClient:
    """Make a client that asks about groups and topics."""
    return AdminClient({**_COMMON, "bootstrap.servers": kafka.bootstrap_servers})


def require_no_fault(message: Message) -> None:
    """Raise what a consumer was told instead of a message.

    Raises
    ------
    KafkaException
        The broker refused something; a retry is safe.
    """
    error = message.error()
    if error is not None and error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - the library's name
        raise KafkaException(error)


def headers_of(message: Message) -> Headers:
    """Give a message's headers, empty where there are none; a null header is empty too."""
    given = message.headers() or []
    pairs = list(given.items()) if isinstance(given, dict) else given
    if set(map(type, map(_VALUE, pairs))) == {bytes}:  # nearly always; the copy below costs 1.2 µs a message
        return cast("Headers", pairs)
    return [(name, value.encode() if isinstance(value, str) else value or b"") for name, value in pairs]
