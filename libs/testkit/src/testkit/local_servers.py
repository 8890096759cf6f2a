"""Servers by the local recipes, in a folder that is thrown away."""

from __future__ import annotations

import fcntl
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from platform_local.accounts import ensure_server_user
from platform_local.children import Child, start_child, stop_children, wait_until_ready
from platform_local.errors import LocalPlatformError
from platform_local.jars import download_jars
from platform_local.java import ensure_java
from platform_local.paths import StackPaths, cache_dir
from platform_local.ports import HOST, free_server_ports
from platform_local.secrets import ensure_secrets
from platform_local.servers.all import jars_of, prepare_servers
from platform_local.servers.context import ServerContext
from platform_local.servers.postgres import admin_url
from testkit.process_trees import pause_tree, signal_tree
from testkit.servers import S3, Kafka, OpenSearch, Postgres, Redis, ServerAddress

_PREFIX = "plugin-platform-test-"
_START_ATTEMPTS = 2


class LocalServers:
    """Servers that live as long as this object's owner, in a temporary folder of their own.

    They end with this process even when it is killed (the kernel sees to it), and the folder of a killed owner
    is removed by the next one.

    Parameters
    ----------
    durable
        True where a test kills servers and looks at what survived.
    """

    def __init__(self, *, durable: bool = False) -> None:
        remove_abandoned_folders()
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self.folder.chmod(0o711)  # the servers' user passes through it
        self._lock = (self.folder / "owner.lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._durable = durable
        self._children: dict[str, Child] = {}
        self._guards: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, kinds: Sequence[str]) -> dict[str, ServerAddress]:
        """Start servers side by side on free ports and wait until they work.

        Raises
        ------
        LocalPlatformError
            Where a tool is missing, or a server does not start in several attempts.
        """
        cache = cache_dir()
        download_jars(jars_of(kinds), cache)
        for attempt in range(_START_ATTEMPTS):
            try:
                return self._attempt(kinds, cache, attempt)
            except LocalPlatformError:
                # Somebody may have taken a free port before the server did: others are tried.
                if attempt == _START_ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    def _attempt(self, kinds: Sequence[str], cache: Path, attempt: int) -> dict[str, ServerAddress]:
        user = ensure_server_user()
        home = self.folder / f"{'-'.join(kinds)}-{attempt}"
        paths = StackPaths(home=home, cache=cache)
        context = ServerContext(
            paths=paths,
            ports=free_server_ports(),
            secrets=ensure_secrets(paths.secrets, user),
            user=user,
            java=ensure_java(cache),
            durable=self._durable,
        )
        children: list[Child] = []
        try:
            for program in prepare_servers(context, kinds):
                children += [start_child(program, paths.log(program.name))]
            wait_until_ready(children)
        except BaseException:
            stop_children(children)
            raise
        self._children |= {child.program.name: child for child in children}
        addresses = _addresses(context)
        return {kind: addresses[kind] for kind in kinds}

    def kill(self, kind: str) -> None:
        """SIGKILL one server with every process that it started, and wait until it is gone. Its data stay."""
        child = self._children[kind]
        signal_tree(child.process.pid, signal.SIGKILL)
        child.process.wait()

    def launch(self, kind: str) -> None:
        """Start a server that was killed, on its former port and data. Returns at once; see `why_not_ready`."""
        former = self._children[kind]
        self._children[kind] = start_child(former.program, former.log)

    def why_not_ready(self, kind: str) -> str | None:
        """Return None while a server does its work, else a short reason."""
        return self._children[kind].program.ready()

    def pause(self, kind: str) -> None:
        """SIGSTOP one server with every process that it started: its connections stay open and nothing answers."""
        self._guards[kind] = pause_tree(self._children[kind].process.pid)

    def resume(self, kind: str) -> None:
        """Let a paused server go on."""
        self._guards.pop(kind).communicate()

    def stop(self) -> None:
        """Stop all servers and remove their data. May be called twice."""
        children, self._children = list(self._children.values()), {}
        for kind in list(self._guards):
            self.resume(kind)  # one that a test left paused could not stop
        stop_children(children)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()


def remove_abandoned_folders() -> None:
    """Remove the folders of test runs that were killed: nobody holds their lock any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            with (folder / "owner.lock").open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue  # somebody holds it, or it is another user's
        shutil.rmtree(folder, ignore_errors=True)


def _addresses(context: ServerContext) -> dict[str, ServerAddress]:
    ports, secrets = context.ports, context.secrets
    return {
        "postgres": Postgres(admin_url(context), dict(secrets.postgres_roles)),
        "redis": Redis(f"redis://:{secrets.redis}@{HOST}:{ports.redis}/0"),
        "kafka": Kafka(f"{HOST}:{ports.kafka}"),
        "opensearch": OpenSearch(f"http://{HOST}:{ports.opensearch}"),
        "s3": S3(f"http://{HOST}:{ports.s3}", secrets.s3_access_key_id, secrets.s3_secret_access_key),
    }
