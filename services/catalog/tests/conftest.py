"""The catalog on real servers, and a publisher who states facts as the publishing service does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from catalog.config import ServeSettings
from catalog.domain.plugin_change import PluginChange
from catalog.main import create_app
from catalog.usecases.apply_plugin_changes import ApplyPluginChanges
from chassis.db import Database
from contracts.events.plugins import Author, PluginState, PluginStatus, StoredFile, VersionState
from testkit.client import asgi_client
from testkit.databases import SessionDatabase
from testkit.environments import ServiceEnvironment

EPOCH = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@dataclass
class Publisher:
    """States facts of one plugin, each with its sequence; `send` has the catalog apply them."""

    apply: ApplyPluginChanges
    plugin_id: str = field(default_factory=lambda: f"p-{uuid4().hex[:12]}")
    author_id: UUID = field(default_factory=uuid4)
    numbers: Any = field(default_factory=lambda: count(1))
    status: PluginStatus = "draft"

    def change(
        self,
        *,
        version: str | None = None,
        status: PluginStatus | None = None,
        manifest: dict[str, Any] | None = None,
        has_source_map: bool = False,
        **fields: Any,
    ) -> PluginChange:
        """State the next fact without telling the catalog."""
        sequence = next(self.numbers)
        if status is not None or version is not None:
            self.status = status or "published"
        at = EPOCH + timedelta(minutes=sequence)
        state = PluginState(
            plugin_id=self.plugin_id,
            name=fields.pop("name", f"Plugin {self.plugin_id}"),
            description=fields.pop("description", "Draws charts."),
            author=Author(id=self.author_id, name="Ann Author"),
            category=fields.pop("category", "utilities"),
            tags=fields.pop("tags", ("chart", "svg")),
            status=self.status,
            created_at=EPOCH,
            updated_at=at,
            **fields,
        )
        return PluginChange(
            sequence=sequence,
            state=state,
            version=self._version(version, at, manifest, has_source_map=has_source_map) if version else None,
        )

    def _version(
        self, version: str, at: datetime, manifest: dict[str, Any] | None, *, has_source_map: bool
    ) -> VersionState:
        folder = f"{self.plugin_id}/{version}"
        source_map = StoredFile(object_key=f"{folder}/bundle.js.map", size_bytes=99, sha256="cd" * 32)
        return VersionState(
            version=version,
            changelog=f"What is new in {version}",
            minimum_platform_version="1.0.0",
            manifest=manifest or {"id": self.plugin_id, "version": version, "settings_schema": {"type": "object"}},
            bundle=StoredFile(object_key=f"{folder}/bundle.js", size_bytes=1234, sha256="ab" * 32),
            source_map=source_map if has_source_map else None,
            published_at=at,
        )

    async def send(self, **fields: Any) -> PluginChange:
        """State the next fact and have it applied."""
        change = self.change(**fields)
        await self.apply.apply([change])
        return change


class CatalogTables:
    """What the tests look up in the schema."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def plugin(self, plugin_id: str) -> Any:
        """Give a plugin's row, or None."""
        async with self._database.read() as connection:
            return (await connection.execute(text("SELECT * FROM plugins WHERE id = :id"), {"id": plugin_id})).first()

    async def outbox(self, plugin_id: str, topic: str = "plugin-documents.v1") -> list[Any]:
        """Give a plugin's rows of one topic, in outbox order."""
        statement = text("SELECT * FROM outbox WHERE aggregateid = :key AND aggregatetype = :topic ORDER BY position")
        async with self._database.read() as connection:
            return list(await connection.execute(statement, {"key": plugin_id, "topic": topic}))

    async def run(self, statement: str, **values: Any) -> list[Any]:
        """Run one statement in a transaction of its own."""
        async with self._database.transaction() as connection:
            result = await connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []


@pytest.fixture(scope="session")
async def database(database_for: SessionDatabase) -> AsyncIterator[Database]:
    database = Database(url=database_for("catalog"), pool_size=16)
    yield database
    await database.close()


@pytest.fixture
def tables(database: Database) -> CatalogTables:
    return CatalogTables(database)


@pytest.fixture
def publisher(database: Database) -> Publisher:
    return Publisher(apply=ApplyPluginChanges(database=database))


@pytest.fixture
def another_publisher(database: Database) -> Publisher:
    return Publisher(apply=ApplyPluginChanges(database=database))


@pytest.fixture(scope="session")
def settings(service_environment: ServiceEnvironment) -> ServeSettings:
    variables = {name.lower(): value for name, value in service_environment("catalog").items()}
    return ServeSettings.model_validate({**variables, "database_url": SecretStr(variables["database_url"])})


@pytest.fixture(scope="session")
def app(settings: ServeSettings) -> FastAPI:
    return create_app(settings)


@pytest.fixture(scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with asgi_client(app) as client:
        yield client
