"""An audit of its own, in a database of its own: tests forge it as a superuser."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from auth.domain.audit import Action, Target
from auth.domain.audit_chain import Fault
from auth.storage.audit import append_audit
from auth.usecases.seal_audit import SealAudit
from auth.usecases.verify_audit import Verification, VerifyAudit
from chassis.db import Database
from testkit.databases import SessionDatabase
from testkit.servers import Postgres


class Audit:
    """The audit, who seals and verifies it, and who forges it."""

    def __init__(self, database: Database, admin_url: str, url: str) -> None:
        self.database = database
        self.url = url
        self._admin_url = admin_url
        self.sealer = SealAudit(database=database)

    async def append(self, number: int = 1, *, user_id: UUID | None = None) -> UUID:
        """Write entries of one account, each in a transaction of its own; returns the account."""
        user_id = user_id or uuid4()
        for n in range(number):
            async with self.database.transaction() as connection:
                await append_audit(
                    connection,
                    Action.SIGNED_IN,
                    user_id=user_id,
                    address=f"192.0.2.{n % 250}",
                    target=Target("session", f"{n:016x}"),
                    before={"roles": ["user"]},
                    after={"roles": ["user", "developer"], "name": "Jörg \u2028 \U0001f600"},
                )
        return user_id

    async def seal(self) -> int:
        """Seal until nothing waits."""
        sealed = 0
        while found := await self.sealer.execute():
            sealed += found
        return sealed

    async def verify(self, expected: bytes | None = None) -> Verification:
        return await VerifyAudit(database=self.database).execute(expected=expected)

    async def fault(self) -> Fault:
        fault = (await self.verify()).fault
        assert fault is not None, "nothing was found"
        return fault

    async def head(self) -> bytes:
        return (await VerifyAudit(database=self.database).head()).hash

    def forge(self, *statements: str) -> None:
        """Change the audit as a superuser may: triggers are off."""
        with psycopg.connect(self._admin_url) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("SET search_path = auth")
            for statement in statements:
                connection.execute(statement.encode())

    def fetch(self, statement: str) -> list[Any]:
        with psycopg.connect(self._admin_url) as connection:
            connection.execute("SET search_path = auth")
            return connection.execute(statement.encode()).fetchall()


@pytest.fixture(scope="session")
def audit_database(postgres: Postgres, test_session_id: str) -> Iterator[SessionDatabase]:
    database = SessionDatabase(postgres, f"{test_session_id}_audit")
    yield database
    database.drop()


@pytest.fixture
async def audit(audit_database: SessionDatabase) -> AsyncIterator[Audit]:
    """An audit without entries."""
    url = audit_database("auth")
    database = Database(url=url, pool_size=8)
    audit = Audit(database, audit_database.admin_url, url)
    with psycopg.connect(audit_database.admin_url) as connection:
        connection.execute("ALTER TABLE auth.audit_entries DISABLE TRIGGER ALL")
        connection.execute("TRUNCATE auth.audit_entries")
        connection.execute("ALTER TABLE auth.audit_entries ENABLE TRIGGER ALL")
    yield audit
    await database.close()


@pytest.fixture
def chained(audit: Audit) -> Callable[[int], Awaitable[Audit]]:
    """``await chained(9)`` gives an audit of nine sealed entries."""

    async def make(number: int) -> Audit:
        await audit.append(number)
        assert await audit.seal() == number
        assert (await audit.verify()).fault is None
        return audit

    return make
