"""Where Kafka is and what our topics and groups are called in this deployment."""

from dataclasses import dataclass


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
