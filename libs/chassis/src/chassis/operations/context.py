"""What a command works with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chassis.consumer_group import ConsumerGroup
from chassis.kafka import Kafka
from chassis.operations.printing import Output

Rebuild = Callable[["Context", bool], int]
"""Rebuilds a projection, or (True) only says what it would do; returns the exit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The service, the broker, and where the answer goes.

    Parameters
    ----------
    service
        As in ``python -m <service>``.
    kafka
        The broker.
    out
        Takes the answer.
    groups
        What the service consumes.
    rebuilds
        How projections are rebuilt, by the name of their group.
    database_url
        Of the schema with the outbox; None where there is none.
    """

    service: str
    kafka: Kafka
    out: Output
    groups: Sequence[ConsumerGroup]
    rebuilds: Mapping[str, Rebuild]
    database_url: str | None
