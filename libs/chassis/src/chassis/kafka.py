"""Where Kafka is and what our topics and groups are called in this deployment."""

from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

REQUEST_TIMEOUT_MS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kafka:
    """The broker's address and this deployment's prefix.

    Parameters
    ----------
    bootstrap_servers
        ``host:port`` list, comma-separated.
    prefix
        Stands before every topic, group and transactional id, so that deployments can share a cluster.
    """

    bootstrap_servers: str
    prefix: str = ""

    def named(self, name: str) -> str:
        """Give a topic's, group's or transactional id's full name."""
        return self.prefix + name

    def producer(self, *, transactional_id: str | None = None) -> AIOKafkaProducer:
        """Make an idempotent producer that waits for all replicas; not started yet."""
        return AIOKafkaProducer(
            bootstrap_servers=self.bootstrap_servers,
            acks="all",
            enable_idempotence=True,
            transactional_id=self.named(transactional_id) if transactional_id else None,
            linger_ms=0,
            max_batch_size=256 * 1024,
            max_request_size=2 * 1024 * 1024,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            transaction_timeout_ms=30_000,
        )
