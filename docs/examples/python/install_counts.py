"""Counts the installs of every plugin from `installs.v1`, exactly once each, through crashes and repeats.

    pip install confluent-kafka
    python install_counts.py --bootstrap-servers 127.0.0.1:19092 --store counts.db

The store holds three things that change in one transaction: the counts, the highest sequence seen of every key, and the
place in every partition. So whenever the process dies, what it counted and where it goes on are of the same moment.
Run one process for one store; for several, put the three tables into a database that they share.
"""

from __future__ import annotations

import argparse
import signal
import sqlite3
from collections.abc import Iterable

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition

TOPIC = "installs.v1"
DELTAS = {"install.created.v1": 1, "install.removed.v1": -1}
BATCH = 500


def header(message: Message, name: str) -> str:
    """Give the text of a header."""
    value = dict(message.headers() or ())[name]
    return value.decode() if isinstance(value, bytes) else str(value)


class Store:
    """A small durable store."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            CREATE TABLE IF NOT EXISTS counts (plugin_id TEXT PRIMARY KEY, installs INTEGER NOT NULL);
            CREATE TABLE IF NOT EXISTS seen (key TEXT PRIMARY KEY, sequence INTEGER NOT NULL);
            CREATE TABLE IF NOT EXISTS places (partition INTEGER PRIMARY KEY, next_offset INTEGER NOT NULL);
            """
        )

    def next_offset(self, partition: int) -> int | None:
        """Say where to go on; None where the partition is new."""
        row = self._db.execute("SELECT next_offset FROM places WHERE partition = ?", (partition,)).fetchone()
        return row[0] if row else None

    def places(self, topic: str) -> list[TopicPartition]:
        """Give the place behind what was applied, in every partition."""
        rows = self._db.execute("SELECT partition, next_offset FROM places")
        return [TopicPartition(topic, partition, next_offset) for partition, next_offset in rows]

    def apply(self, messages: Iterable[Message]) -> None:
        """Apply messages and remember the place behind them, all or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for message in messages:
                self._apply_one(message)
                self._db.execute(
                    "INSERT INTO places VALUES (?, ?) ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset",
                    (message.partition(), (message.offset() or 0) + 1),
                )
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _apply_one(self, message: Message) -> None:
        delta = DELTAS.get(header(message, "ce_type"))
        if delta is None:
            return  # other types concern others; those that do not exist yet are no reason to stop
        key = header(message, "ce_subject")
        is_new = self._db.execute(
            "INSERT INTO seen VALUES (?, ?) ON CONFLICT DO UPDATE SET sequence = excluded.sequence"
            " WHERE excluded.sequence > sequence",
            (key, int(header(message, "ce_sequence"))),
        ).rowcount
        if not is_new:
            return  # the platform sent it twice
        plugin_id = key.partition(":")[2]  # the key is "owner id:plugin id"; the value says the same, and more
        self._db.execute(
            "INSERT INTO counts VALUES (?, ?) ON CONFLICT DO UPDATE SET installs = installs + excluded.installs",
            (plugin_id, delta),
        )


def main() -> None:
    """Follow the topic until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(description="Counts installs from installs.v1.")
    parser.add_argument("--bootstrap-servers", default="127.0.0.1:19092")
    parser.add_argument("--prefix", default="", help="stands before topics in some deployments")
    parser.add_argument("--group", default="example-install-counts")
    parser.add_argument("--store", default="install_counts.db")
    options = parser.parse_args()
    store = Store(options.store)
    consumer = Consumer(
        {
            "bootstrap.servers": options.bootstrap_servers,
            "group.id": options.group,
            "group.instance.id": "1",  # a killed process takes its partitions back at once; one id per instance
            "isolation.level": "read_committed",  # what a relay took back was never said
            "auto.offset.reset": "earliest",  # where the place is older than what Kafka keeps
            "enable.auto.commit": False,  # the store keeps the place
            "partition.assignment.strategy": "cooperative-sticky",
        }
    )

    def go_on(_: Consumer, partitions: list[TopicPartition]) -> None:
        for partition in partitions:
            # Never the group's own place: it may be ahead of a store that lost its last moments.
            place = store.next_offset(partition.partition)
            partition.offset = OFFSET_BEGINNING if place is None else place
        consumer.incremental_assign(partitions)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    consumer.subscribe([options.prefix + TOPIC], on_assign=go_on)
    try:
        while True:
            messages = consumer.consume(BATCH, timeout=0.5)
            for message in messages:
                if message.error():
                    raise KafkaException(message.error())
            if messages:
                store.apply(messages)
                # Only so that the group's lag can be seen. Offsets are named: without, Kafka's client commits what it
                # has handed out when it gets round to it, which may be the next messages already.
                consumer.commit(offsets=store.places(options.prefix + TOPIC), asynchronous=True)
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()


if __name__ == "__main__":
    main()
