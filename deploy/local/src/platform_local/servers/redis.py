"""Redis from the distribution's package."""

from __future__ import annotations

import shutil

from platform_local.accounts import make_folder, write_private
from platform_local.errors import MissingToolError
from platform_local.health import redis_probe
from platform_local.ports import HOST
from platform_local.program import Program, settings_mark
from platform_local.servers.context import ServerContext


def redis(context: ServerContext) -> Program:
    """Write the configuration and return the program.

    Raises
    ------
    MissingToolError
        Where there is no ``redis-server``.
    """
    binary = shutil.which("redis-server")
    if binary is None:
        raise MissingToolError(
            "redis-server is not installed.",
            remedy="Install it (Debian: apt-get install redis-server) and run the command again.",
        )
    data = make_folder(context.paths.data("redis"), context.user)
    folder = make_folder(context.paths.settings("redis"), context.user)
    rows = {
        "bind": HOST,
        "port": str(context.ports.redis),
        "dir": str(data),
        "daemonize": "no",
        "databases": "1024",  # so that test sessions can have one each
        "requirepass": context.secrets.redis,
        "appendonly": "yes" if context.durable else "no",
        "appendfsync": "everysec",
        "save": '""',
        "maxmemory": "256mb",
        # Sessions always expire, cache entries too: under pressure those nearest to their end go first.
        "maxmemory-policy": "volatile-ttl",
        "logfile": '""',
    }
    text = "".join(f"{name} {value}\n" for name, value in rows.items())
    settings = write_private(folder / "redis.conf", text, context.user)
    return Program(
        name="redis",
        command=(binary, str(settings)),
        directory=data,
        ready=redis_probe(context.ports.redis, context.secrets.redis),
        ports=(context.ports.redis,),
        environment=settings_mark(text),
        user=context.user,
        start_seconds=60,
    )
