"""The table of all servers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from platform_local.health import kafka_probe, opensearch_probe, redis_probe, s3_probe
from platform_local.jars import JarSet
from platform_local.program import Program
from platform_local.servers.context import ServerContext
from platform_local.servers.kafka import KAFKA_JARS, kafka
from platform_local.servers.opensearch import OPENSEARCH_JARS, opensearch
from platform_local.servers.postgres import admin_url, postgres, sign_in_probe
from platform_local.servers.redis import redis
from platform_local.servers.s3proxy import S3PROXY_JARS, s3

RECIPES: dict[str, Callable[[ServerContext], Program]] = {
    "postgres": postgres,
    "redis": redis,
    "kafka": kafka,
    "opensearch": opensearch,
    "s3": s3,
}
JARS: dict[str, JarSet] = {"kafka": KAFKA_JARS, "opensearch": OPENSEARCH_JARS, "s3": S3PROXY_JARS}


def jars_of(names: Iterable[str]) -> list[JarSet]:
    """Return the jar sets that these servers need."""
    return [JARS[name] for name in names if name in JARS]


def prepare_servers(context: ServerContext, names: Iterable[str]) -> list[Program]:
    """Prepare servers side by side and return their programs, in the order of the names.

    Raises
    ------
    LocalPlatformError
        Where a recipe finds a tool missing or cannot make its data folder.
    """
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda name: RECIPES[name](context), names))


def prepare_probes(context: ServerContext) -> list[Program]:
    """Return programs for their names and probes only: something else runs the servers on the same ports."""
    ports, secrets = context.ports, context.secrets
    probes = {
        "postgres": sign_in_probe(admin_url(context)),
        "redis": redis_probe(ports.redis, secrets.redis),
        "kafka": kafka_probe(ports.kafka),
        "opensearch": opensearch_probe(ports.opensearch),
        "s3": s3_probe(ports.s3),
    }
    return [
        Program(name=name, command=(), directory=context.paths.home, ready=probe, start_seconds=180)
        for name, probe in probes.items()
    ]
