"""What Kafka knows of groups and topics. Its calls block, each for `ANSWER_SECONDS` at most."""

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from chassis.consumer_group import ConsumerGroup
from chassis.kafka import Kafka
from chassis.kafka_client import admin_client, plain_consumer
from chassis.operations.refusals import OperationRefusedError

ANSWER_SECONDS = 5.0

_NO_SUCH_GROUP = {KafkaError.GROUP_ID_NOT_FOUND, KafkaError.INVALID_GROUP_ID}
_AWAY = {KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN}  # noqa: SLF001 - the library's
_HAS_MEMBERS = {KafkaError.UNKNOWN_MEMBER_ID, KafkaError.NON_EMPTY_GROUP, KafkaError.REBALANCE_IN_PROGRESS}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a group is in a partition: the first and the next-to-be-written offset, and the next to be applied."""

    begin: int
    end: int
    next: int


class Broker:
    """Asks Kafka.

    Parameters
    ----------
    kafka
        Where it is.
    """

    def __init__(self, kafka: Kafka) -> None:
        self._kafka = kafka
        self._admin: AdminClient = admin_client(kafka)

    def require(self, topics: set[str]) -> None:
        """Return when Kafka answers and has these topics (without prefix).

        Raises
        ------
        OperationRefusedError
            It does not.
        """
        with self.outages():
            known = self._admin.list_topics(timeout=ANSWER_SECONDS).topics
        missing = sorted(self._kafka.named(topic) for topic in topics if self._kafka.named(topic) not in known)
        if missing:
            raise OperationRefusedError(
                f"Kafka has no topic {missing[0]}.", remedy="Make the topics, and see that TOPIC_PREFIX is right."
            )

    @contextmanager
    def outages(self) -> Iterator[None]:
        """Turn the library's words for an outage into a sentence."""
        try:
            yield
        except KafkaException as error:
            reason, where = error.args[0].str(), self._kafka.bootstrap_servers
            if error.args[0].code() in _AWAY:
                raise OperationRefusedError(
                    f"Kafka at {where} does not answer ({reason}).",
                    remedy="Start it, or set KAFKA_BOOTSTRAP_SERVERS to where it is, and run this again.",
                ) from error
            raise OperationRefusedError(
                f"Kafka at {where} refused something ({reason}).",
                remedy="Run this again; if it stays, see Kafka's log.",
            ) from error

    def members(self, group: str) -> Counter[str]:
        """Count a group's members for each topic (name with prefix); under "" all of them."""
        with self.outages():
            try:
                found = _result(self._admin.describe_consumer_groups([self._kafka.named(group)]))
            except KafkaException as error:
                if error.args[0].code() in _NO_SUCH_GROUP:
                    return Counter()
                raise
        count = Counter({"": len(found.members)})
        for member in found.members:
            count.update({place.topic for place in member.assignment.topic_partitions})
        return count

    def real_groups(self, group: ConsumerGroup) -> list[str]:
        """Name the groups behind a description, without prefix: of generations those at work, or all if none is."""
        if not group.has_generations:
            return [group.group]
        with self.outages():
            listed = self._admin.list_consumer_groups(request_timeout=ANSWER_SECONDS).result(2 * ANSWER_SECONDS)
        prefix = self._kafka.named(f"{group.group}.")
        names = sorted(one.group_id for one in listed.valid if one.group_id.startswith(prefix))
        found = [name.removeprefix(self._kafka.prefix) for name in names]
        return [name for name in found if self.members(name)[""]] or found or [group.group]

    def places(self, group: str, topic: str) -> dict[int, Place]:
        """Say where a group (without prefix) is in each partition of a topic (without prefix)."""
        name = self._kafka.named(topic)
        consumer = plain_consumer(self._kafka, group)  # asks for the group's offsets and never joins it
        try:
            with self.outages():
                numbers = sorted(consumer.list_topics(name, timeout=ANSWER_SECONDS).topics[name].partitions)
                partitions = [TopicPartition(name, number) for number in numbers]
                committed = consumer.committed(partitions, timeout=ANSWER_SECONDS)
                places = {}
                for one in committed:
                    begin, end = consumer.get_watermark_offsets(TopicPartition(name, one.partition), ANSWER_SECONDS)
                    # Nothing committed, or removed by retention meanwhile: consumers begin with the first there is.
                    places[one.partition] = Place(begin, end, max(begin, one.offset if one.offset >= 0 else begin))
                return places
        finally:
            consumer.close()

    def move(self, group: str, topic: str, offsets: Mapping[int, int]) -> None:
        """Set where a group without members goes on (names without prefix).

        Raises
        ------
        OperationRefusedError
            It has members, which would not notice and would overwrite it.
        """
        places = [TopicPartition(self._kafka.named(topic), number, offset) for number, offset in offsets.items()]
        request = ConsumerGroupTopicPartitions(self._kafka.named(group), places)
        with self.outages():
            try:
                _result(self._admin.alter_consumer_group_offsets([request], request_timeout=ANSWER_SECONDS))
            except KafkaException as error:
                if error.args[0].code() in _HAS_MEMBERS:
                    raise group_at_work(group) from error
                raise

    def forget(self, group: str) -> None:
        """Delete the offsets of a group without members (without prefix), if there are any."""
        with self.outages():
            try:
                _result(self._admin.delete_consumer_groups([self._kafka.named(group)], request_timeout=ANSWER_SECONDS))
            except KafkaException as error:
                if error.args[0].code() not in _NO_SUCH_GROUP:
                    raise


def group_at_work(group: str) -> OperationRefusedError:
    """Make the refusal to move a group that is at work."""
    service = group.split(".", 1)[0]
    return OperationRefusedError(
        f"The group {group} is at work, and Kafka moves only groups without members.",
        remedy=f"Stop its workers (locally `make stop S={service}-work`; on Kubernetes scale {service}-work to 0), run"
        " this again, and start them.",
    )


def _result(futures: Mapping[str, "Future[Any]"]) -> Any:  # noqa: ANN401 - as the library has it
    (future,) = futures.values()
    return future.result(2 * ANSWER_SECONDS)
