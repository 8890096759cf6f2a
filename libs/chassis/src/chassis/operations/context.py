"""What a command works with."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.consumer_group import ConsumerGroup
from chassis.kafka import Kafka
from chassis.operations.printing import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The broker, what the service consumes, and where the answer goes."""

    kafka: Kafka
    groups: Sequence[ConsumerGroup]
    out: Output
