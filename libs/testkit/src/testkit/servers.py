"""Where the servers of a test run are, and how that is passed between processes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ENVIRONMENT_VARIABLE = "PLATFORM_TEST_SERVERS"
KINDS = ("postgres", "redis", "kafka", "opensearch", "s3")


@dataclass(frozen=True)
class Postgres:
    """A cluster with a superuser, and the passwords that the service roles get in it."""

    admin_url: str = field(repr=False)
    role_passwords: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Redis:
    """A server; the URL ends in ``/0``, test sessions use other databases."""

    url: str = field(repr=False)


@dataclass(frozen=True)
class Kafka:
    """A broker."""

    bootstrap_servers: str


@dataclass(frozen=True)
class OpenSearch:
    """A node."""

    url: str = field(repr=False)


@dataclass(frozen=True)
class S3:
    """An object store."""

    endpoint_url: str
    access_key_id: str
    secret_access_key: str = field(repr=False)


ServerAddress = Postgres | Redis | Kafka | OpenSearch | S3
_TYPES: dict[str, type[ServerAddress]] = {
    "postgres": Postgres,
    "redis": Redis,
    "kafka": Kafka,
    "opensearch": OpenSearch,
    "s3": S3,
}


def write_servers(path: Path, servers: Mapping[str, ServerAddress]) -> None:
    """Write the addresses to a file that only its owner reads, in one step."""
    text = json.dumps({kind: asdict(address) for kind, address in servers.items()}, indent=2)
    temporary = path.with_name(f".{path.name}.new")
    temporary.touch(mode=0o600)
    temporary.write_text(text + "\n")
    temporary.replace(path)


def read_servers(path: Path) -> dict[str, ServerAddress]:
    """Read the addresses that `write_servers` wrote.

    Raises
    ------
    OSError
        Where there is no such file.
    ValueError
        Where it holds something else.
    """
    found: Any = json.loads(path.read_text())
    return {kind: _TYPES[kind](**address) for kind, address in found.items()}
