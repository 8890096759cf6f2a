"""Servers in containers, where a Docker engine of this machine has their images or can pull them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import docker
from docker.errors import DockerException
from requests.exceptions import RequestException
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from platform_local.errors import NotReadyError
from platform_local.health import Probe, kafka_probe, opensearch_probe, redis_probe, s3_probe
from platform_local.images import IMAGES
from platform_local.ports import HOST, ServerPorts, free_server_ports
from platform_local.postgres_roles import SERVICE_ROLES
from platform_local.servers.postgres import sign_in_probe
from testkit.servers import S3, Kafka, OpenSearch, Postgres, Redis, ServerAddress

_ENGINE_TIMEOUT_SECONDS = 5
_PULL_TIMEOUT_SECONDS = 600
_READY_SECONDS = 120


@dataclass(frozen=True)
class _Recipe:
    """How one server runs in a container: environment, command, ports (container -> host), and what it gives."""

    environment: Mapping[str, str]
    ports: Mapping[int, int]
    address: ServerAddress
    ready: Probe
    command: Sequence[str] = ()


def containers_possible(kinds: Sequence[str]) -> bool:
    """Tell whether an engine on this machine has the images of these servers, or pulls them now.

    Without an engine, or without a way to its registry, the answer comes within seconds.
    """
    images = [testcontainers_config.ryuk_image, *(IMAGES[kind] for kind in kinds)]
    try:
        quick = docker.from_env(timeout=_ENGINE_TIMEOUT_SECONDS)
        if not quick.api.base_url.startswith(("http+docker://", "http://localhost")):
            return False  # a remote engine's ports are not this machine's
        quick.ping()
        missing = [image for image in images if not quick.images.list(name=image)]
        for image in missing:
            quick.images.get_registry_data(image)
        patient = docker.from_env(timeout=_PULL_TIMEOUT_SECONDS)
        for image in missing:
            patient.images.pull(image)
    except (DockerException, RequestException):
        return False
    return True


class ContainerServers:
    """Servers in containers that live as long as this object's owner.

    When the owner is killed, the reaper container of testcontainers removes them.
    """

    def __init__(self) -> None:
        self._containers: list[DockerContainer] = []

    def start(self, kinds: Sequence[str]) -> dict[str, ServerAddress]:
        """Start servers side by side on free ports of 127.0.0.1 and wait until they work.

        Raises
        ------
        NotReadyError
            Where one does not become ready.
        """
        ports = free_server_ports()
        recipes = {kind: _RECIPES[kind](ports) for kind in kinds}
        for kind, recipe in recipes.items():
            container = DockerContainer(IMAGES[kind]).with_envs(**recipe.environment)
            if recipe.command:
                container.with_command(list(recipe.command))
            # Set directly: the builder's method takes no address and would open the port to the network.
            container.ports = cast("Any", {str(inside): (HOST, outside) for inside, outside in recipe.ports.items()})
            self._containers.append(container)
            container.start()
        deadline = time.monotonic() + _READY_SECONDS
        for kind, recipe in recipes.items():
            while reason := recipe.ready():
                if time.monotonic() > deadline:
                    raise NotReadyError(f"The container of {kind} is not ready: {reason}.", remedy="See docker logs.")
                time.sleep(0.2)
        return {kind: recipe.address for kind, recipe in recipes.items()}

    def stop(self) -> None:
        """Remove the containers with their data. May be called twice."""
        while self._containers:
            self._containers.pop().stop()


def _postgres(ports: ServerPorts) -> _Recipe:
    password = secrets.token_urlsafe(16)
    url = f"postgresql://postgres:{password}@{HOST}:{ports.postgres}/postgres"
    return _Recipe(
        environment={"POSTGRES_PASSWORD": password},
        command=["postgres", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "max_connections=250"],
        ports={5432: ports.postgres},
        address=Postgres(url, {role: secrets.token_urlsafe(16) for role in SERVICE_ROLES}),
        ready=sign_in_probe(url),
    )


def _redis(ports: ServerPorts) -> _Recipe:
    password = secrets.token_urlsafe(16)
    return _Recipe(
        environment={},
        command=["redis-server", "--requirepass", password, "--databases", "1024", "--save", ""],
        ports={6379: ports.redis},
        address=Redis(f"redis://:{password}@{HOST}:{ports.redis}/0"),
        ready=redis_probe(ports.redis, password),
    )


def _kafka(ports: ServerPorts) -> _Recipe:
    return _Recipe(
        environment={
            "KAFKA_NODE_ID": "1",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{HOST}:{ports.kafka}",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
            "KAFKA_HEAP_OPTS": "-Xmx384m",
        },
        ports={9092: ports.kafka},
        address=Kafka(f"{HOST}:{ports.kafka}"),
        ready=kafka_probe(ports.kafka),
    )


def _opensearch(ports: ServerPorts) -> _Recipe:
    return _Recipe(
        environment={
            "discovery.type": "single-node",
            "DISABLE_SECURITY_PLUGIN": "true",
            "DISABLE_INSTALL_DEMO_CONFIG": "true",
            "action.auto_create_index": "false",
            "OPENSEARCH_JAVA_OPTS": "-Xms512m -Xmx512m",
        },
        ports={9200: ports.opensearch},
        address=OpenSearch(f"http://{HOST}:{ports.opensearch}"),
        ready=opensearch_probe(ports.opensearch),
    )


def _s3(ports: ServerPorts) -> _Recipe:
    key, secret = f"test{secrets.token_hex(6)}", secrets.token_urlsafe(24)
    return _Recipe(
        environment={
            "S3PROXY_AUTHORIZATION": "aws-v2-or-v4",
            "S3PROXY_IDENTITY": key,
            "S3PROXY_CREDENTIAL": secret,
            "JCLOUDS_PROVIDER": "filesystem-nio2",
            "JCLOUDS_FILESYSTEM_BASEDIR": "/data",
        },
        ports={80: ports.s3},
        address=S3(f"http://{HOST}:{ports.s3}", key, secret),
        ready=s3_probe(ports.s3),
    )


_RECIPES: dict[str, Callable[[ServerPorts], _Recipe]] = {
    "postgres": _postgres,
    "redis": _redis,
    "kafka": _kafka,
    "opensearch": _opensearch,
    "s3": _s3,
}
