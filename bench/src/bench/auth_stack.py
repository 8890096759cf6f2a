"""Auth, catalog and gateway as processes on servers of a benchmark's own."""

from __future__ import annotations

import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from platform_local.children import Child, start_child, stop_children, wait_until_ready
from platform_local.health import http_probe
from platform_local.ports import HOST, free_ports
from platform_local.program import Program
from testkit.databases import SessionDatabase
from testkit.environments import ServiceEnvironment
from testkit.identities import make_identity_keys, make_second_factor_key
from testkit.servers import Postgres, Redis, ServerAddress
from testkit.stores import S3Settings

SERVERS = ("postgres", "redis")
_AWAY = "http://127.0.0.1:1"
"""For servers that the routes at hand do not use."""

_PACKAGES = ("auth", "catalog", "gateway")


@dataclass(frozen=True)
class AuthStack:
    """Where the programs answer."""

    auth_url: str
    gateway_url: str


@contextmanager
def running_auth_stack(servers: Mapping[str, ServerAddress], **settings: str) -> Iterator[AuthStack]:
    """Start the programs, all with the further settings, and stop them in the end."""
    with tempfile.TemporaryDirectory(prefix="bench-auth-") as name:
        folder = Path(name)
        database = SessionDatabase(cast("Postgres", servers["postgres"]), f"bench{uuid.uuid4().hex[:8]}")
        environment = _environment(database, cast("Redis", servers["redis"]).url, folder)
        ports = dict(zip(_PACKAGES, free_ports(len(_PACKAGES)), strict=True))
        urls = {package: f"http://{HOST}:{port}" for package, port in ports.items()}
        more = {
            "AUTH_URL": urls["auth"],
            "CATALOG_URL": urls["catalog"],
            "INSTALLS_URL": _AWAY,
            "PUBLISHING_URL": _AWAY,
        }
        children: list[Child] = []
        try:
            for package, port in ports.items():
                variables = {**environment(package), **(more if package == "gateway" else {}), "COOKIE_SECURE": "false"}
                program = Program(
                    name=package,
                    command=(sys.executable, "-m", package, "serve"),
                    directory=Path.cwd(),
                    ready=http_probe(port, "/livez"),
                    ports=(port,),
                    environment={**variables, **settings, "PORT": str(port)},
                )
                children.append(start_child(program, folder / f"{package}.log"))
            wait_until_ready(children)
            yield AuthStack(auth_url=urls["auth"], gateway_url=urls["gateway"])
        finally:
            stop_children(children)
            database.drop()


def _environment(database: SessionDatabase, redis_url: str, folder: Path) -> ServiceEnvironment:
    token_file = folder / "internal-token"
    token_file.touch(mode=0o600)
    token_file.write_text(uuid.uuid4().hex)
    return ServiceEnvironment(
        database=database,
        redis_url=redis_url,
        kafka_bootstrap_servers="127.0.0.1:1",
        topic_prefix="",
        opensearch_url=_AWAY,
        index_prefix="",
        s3_settings=S3Settings(_AWAY, "none", "none", "quarantine", "bundles"),
        identity_keys=make_identity_keys(folder),
        internal_token_file=token_file,
        second_factor_key_file=make_second_factor_key(folder),
    )
