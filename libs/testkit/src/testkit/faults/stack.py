"""A whole platform with servers of its own, each of which a test may kill, pause and bring back."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import cast

from platform_local.buckets import BUNDLE_BUCKET, QUARANTINE_BUCKET, create_buckets, s3_client
from platform_local.topics import create_topics
from testkit.databases import SessionDatabase
from testkit.environments import ServiceEnvironment
from testkit.faults.keeper import Keeper
from testkit.identities import make_identity_keys, make_second_factor_key
from testkit.local_servers import LocalServers
from testkit.platform import RunningPlatform
from testkit.servers import KINDS, S3, Kafka, OpenSearch, Postgres, Redis, ServerAddress
from testkit.stores import S3Settings
from testkit.waiting import eventually, run_apart

_DATABASE = "faults"
_RETURN_SECONDS = 90.0


class FaultStack:
    """Five servers that keep what they acknowledge, and every program of the platform on them.

    Parameters
    ----------
    folder
        For logs, keys and passwords; the caller removes it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._servers = LocalServers(durable=True)
        self._closing = ExitStack()
        self._closing.callback(self._servers.stop)

    def start(self) -> None:
        """Start everything and wait until all of it is ready. Call it on the main thread, since children end with it.

        Raises
        ------
        platform_local.errors.LocalPlatformError
            Where a server or a program does not start; call `stop` then too.
        """
        addresses = self._servers.start(KINDS)
        self.addresses: Mapping[str, ServerAddress] = addresses
        self.postgres = cast("Postgres", addresses["postgres"])
        self.kafka = cast("Kafka", addresses["kafka"])
        self.opensearch = cast("OpenSearch", addresses["opensearch"])
        self.database = SessionDatabase(self.postgres, _DATABASE)
        self.s3_settings = _make_buckets(cast("S3", addresses["s3"]))
        self.environment = self._environment(self.s3_settings)
        run_apart(create_topics(self.kafka.bootstrap_servers, ""))
        self.platform = RunningPlatform(self.environment, self._folder)
        self._closing.callback(self.platform.stop)
        self.platform.start()

    def stop(self) -> None:
        """Stop everything and remove its data; safe after a failed start."""
        self._closing.close()

    def keeper(self) -> Keeper:
        """Return what starts programs again as they end; an asynchronous context."""
        return Keeper(self.platform)

    def restart_program(self, name: str, **settings: str) -> None:
        """SIGKILL a program and start it with further settings; in one go, so that no keeper comes between."""
        self.platform.kill(name)
        self.platform.launch(name, **settings)

    async def kill_server(self, kind: str) -> None:
        """SIGKILL a server with all its processes; its data stay."""
        await asyncio.to_thread(self._servers.kill, kind)

    async def bring_back_server(self, kind: str) -> float:
        """Start a killed server on its data; returns the seconds until it worked."""
        started_at = time.monotonic()
        self._servers.launch(kind)
        await self._until(lambda: self._servers.why_not_ready(kind) is None, f"{kind} works")
        return time.monotonic() - started_at

    def pause_server(self, kind: str) -> None:
        """SIGSTOP a server."""
        self._servers.pause(kind)

    def resume_server(self, kind: str) -> None:
        """Let a paused server go on."""
        self._servers.resume(kind)

    async def until_ready(self) -> None:
        """Wait until every program says that it does its work."""
        names = self.platform.names
        await self._until(lambda: all(map(self.platform.is_ready, names)), "every program is ready")

    async def _until(self, is_so: Callable[[], bool], saying: str) -> None:
        await eventually(lambda: asyncio.to_thread(is_so), _RETURN_SECONDS, saying=saying)

    def _environment(self, s3_settings: S3Settings) -> ServiceEnvironment:
        token_file = self._folder / "internal-token"
        token_file.touch(mode=0o600)
        token_file.write_text(uuid.uuid4().hex)
        return ServiceEnvironment(
            database=self.database,
            redis_url=cast("Redis", self.addresses["redis"]).url,
            kafka_bootstrap_servers=self.kafka.bootstrap_servers,
            topic_prefix="",
            opensearch_url=self.opensearch.url,
            index_prefix="",
            s3_settings=s3_settings,
            identity_keys=make_identity_keys(self._folder),
            internal_token_file=token_file,
            second_factor_key_file=make_second_factor_key(self._folder),
        )


def _make_buckets(store: S3) -> S3Settings:
    buckets = (QUARANTINE_BUCKET, BUNDLE_BUCKET)
    client = s3_client(store.endpoint_url, store.access_key_id, store.secret_access_key)
    create_buckets(client, buckets)
    client.close()
    return S3Settings(store.endpoint_url, store.access_key_id, store.secret_access_key, *buckets)
