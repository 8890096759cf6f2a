"""PostgreSQL: two pools (writing, reading), transactions opened in one place, outages as one error."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from chassis.errors import ServiceUnavailableError

POOL_TIMEOUT_SECONDS = 5.0
"""A request waits this long for a connection, then gets 503: longer only moves the queue."""

CONNECT_TIMEOUT_SECONDS = 3

_VANISHED_SERVER = {
    "tcp_user_timeout": 10_000,  # milliseconds
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
"""A server that is gone without a word (its machine died) is noticed within about ten seconds; the kernel's own limits
are a quarter of an hour for what was sent and hours for a connection that waits for an answer."""

_RETRYABLE_SQLSTATES = frozenset({"40001", "40P01", "57P01", "57P02", "57P03", "53300"})
"""Serialization failure, deadlock, shutdowns, too many connections: nothing was written, a retry may succeed."""


class Database:
    """The pools of one process.

    Parameters
    ----------
    url
        ``postgresql+psycopg://role:password@host:port/database``; the role's search path is its schema.
    pool_size
        Connections of each of the two pools at most.
    """

    def __init__(self, *, url: str, pool_size: int) -> None:
        self._write = self._engine(url, pool_size, read_only=False)
        self._statement = self._write.execution_options(isolation_level="AUTOCOMMIT")
        # Reads run in autocommit: one round trip each instead of three, and a write by mistake fails.
        self._read = self._engine(url, pool_size, read_only=True)

    @staticmethod
    def _engine(url: str, pool_size: int, *, read_only: bool) -> AsyncEngine:
        arguments: dict[str, object] = {"connect_timeout": CONNECT_TIMEOUT_SECONDS, **_VANISHED_SERVER}
        if read_only:
            given = make_url(url).query.get("options", "")
            arguments["options"] = f"{given} -c default_transaction_read_only=on".strip()
        return create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT_SECONDS,
            pool_pre_ping=True,  # after a restart of the server the first request must not fail
            hide_parameters=True,  # the text of an error reaches the log, and people's data must not
            connect_args=arguments,
            isolation_level="AUTOCOMMIT" if read_only else "READ COMMITTED",
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction; it commits when the block ends and rolls back when it raises.

        Raises
        ------
        ServiceUnavailableError
            The server is away, overloaded, or chose this transaction as a deadlock's victim. Unless the connection
            broke during the commit itself nothing was written; a retry of an idempotent operation is safe.
        """
        with _outages():
            async with self._write.begin() as connection:
                yield connection

    @asynccontextmanager
    async def statement(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection on which a statement is a transaction of its own: one round trip instead of three.

        For writes that are one statement; it shares the writing pool.

        Raises
        ------
        ServiceUnavailableError
            As `transaction`.
        """
        with _outages():
            async with self._statement.connect() as connection:
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a read-only connection on which each statement sees the newest commits.

        Raises
        ------
        ServiceUnavailableError
            The server is away or overloaded; a retry is safe.
        """
        with _outages():
            async with self._read.connect() as connection:
                yield connection

    async def ping(self) -> None:
        """Return when the server answers; raises `ServiceUnavailableError` otherwise."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close both pools."""
        await self._write.dispose()
        await self._read.dispose()


class _outages:  # noqa: N801 - reads as a statement
    """Turns the driver's words for an outage into `ServiceUnavailableError`."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if is_outage(error):
            raise ServiceUnavailableError("the database") from error


def is_outage(error: BaseException | None) -> bool:
    """Say whether the error means that the server is away or overloaded, rather than that the statement is wrong."""
    if isinstance(error, PoolTimeoutError | InterfaceError | OperationalError):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _RETRYABLE_SQLSTATES
    return False
