"""Published plugins, callers, and a look into the outbox."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from chassis.db import Database
from contracts.envelope import Event, EventData
from contracts.events.accounts import AnonymousClaimed
from contracts.events.plugins import (
    Author,
    PluginRegistered,
    PluginState,
    PluginStatus,
    PluginVersionPublished,
    StoredFile,
    VersionState,
)
from installs.config import ServeSettings
from installs.consumers.accounts import accounts_subscription
from installs.consumers.plugins import plugins_subscription
from installs.main import build_app
from installs.usecases.claim_installs import ClaimInstalls
from installs.usecases.erase_owners import EraseOwners
from installs.usecases.learn_plugins import LearnPlugins
from testkit.client import asgi_client
from testkit.environments import ServiceEnvironment
from testkit.identities import TokenSigner

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_sequence = itertools.count(1)


@dataclass(frozen=True)
class Caller:
    id: UUID
    headers: dict[str, str]


Deliver = Callable[..., Awaitable[None]]


def make_event(data: EventData, *, key: str, sequence: int | None = None) -> Event:
    return Event(
        id=uuid4(),
        type=data.event_type,
        source="/test",
        key=key,
        sequence=sequence if sequence is not None else next(_sequence),
        time=AT,
        data=data.model_dump_json().encode(),
    )


def plugin_state(plugin_id: str, status: PluginStatus = "published", *, name: str = "") -> PluginState:
    return PluginState(
        plugin_id=plugin_id,
        name=name or plugin_id.title(),
        description="For tests",
        author=Author(id=UUID(int=7), name="Ann"),
        category="data",
        icon_url=f"https://icons.test/{plugin_id}.svg",
        status=status,
        created_at=AT,
        updated_at=AT,
    )


def version_state(plugin_id: str, version: str, settings_schema: dict[str, Any] | None = None) -> VersionState:
    manifest = {"id": plugin_id, "name": plugin_id, "version": version, "description": "x", "main": "bundle.js"}
    if settings_schema is not None:
        manifest["settings_schema"] = settings_schema  # type: ignore[assignment]  # a manifest holds any JSON
    return VersionState(
        version=version,
        changelog="",
        minimum_platform_version="1.4.0",
        manifest=manifest,
        bundle=StoredFile(object_key=f"{plugin_id}/{version}/bundle.js", size_bytes=3, sha256="ab" * 32),
        published_at=AT,
    )


def published(plugin_id: str, version: str, settings_schema: dict[str, Any] | None = None) -> PluginVersionPublished:
    return PluginVersionPublished(
        plugin=plugin_state(plugin_id), version=version_state(plugin_id, version, settings_schema)
    )


@pytest.fixture(scope="session")
async def database(service_environment: ServiceEnvironment) -> AsyncIterator[Database]:
    database = Database(url=service_environment("installs")["DATABASE_URL"], pool_size=16)
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def client(service_environment: ServiceEnvironment) -> AsyncIterator[httpx.AsyncClient]:
    environment = service_environment("installs")
    settings = ServeSettings.model_validate(
        {
            "database_url": environment["DATABASE_URL"],
            "database_pool_size": 16,
            "identity_public_key_file": environment["IDENTITY_PUBLIC_KEY_FILE"],
        }
    )
    async with asgi_client(build_app(settings), base_url="http://service.test/api/v1/user") as client:
        yield client


@pytest.fixture
def make_caller(token_for: TokenSigner) -> Callable[[str], Caller]:
    """``make_caller("user")`` or ``make_caller("anonymous")``: somebody new, with `.id` and `.headers`."""

    def make(kind: str) -> Caller:
        subject = uuid4()
        return Caller(subject, token_for.headers(kind=kind, subject=subject))

    return make


@pytest.fixture
def user(make_caller: Callable[[str], Caller]) -> Caller:
    return make_caller("user")


@pytest.fixture
def visitor(make_caller: Callable[[str], Caller]) -> Caller:
    return make_caller("anonymous")


@pytest.fixture
def facts() -> SimpleNamespace:
    """Builders of facts: `plugin_state`, `version_state`, `published`, and `make_event` around them."""
    return SimpleNamespace(
        plugin_state=plugin_state, version_state=version_state, published=published, make_event=make_event
    )


@pytest.fixture
def plugin_id() -> str:
    """The id of a plugin that no other test has; nothing is published yet."""
    return f"p{uuid4().hex[:12]}"


@pytest.fixture
def deliver_plugins(database: Database) -> Deliver:
    """Hand events to the consumer of plugins, numbered in the order given."""
    handler = plugins_subscription(LearnPlugins(database=database)).handler

    async def deliver(*facts: EventData | Event) -> None:
        await handler(
            [fact if isinstance(fact, Event) else make_event(fact, key=fact.plugin.plugin_id) for fact in facts]  # type: ignore[attr-defined]  # every fact on this topic names its plugin
        )

    return deliver


@pytest.fixture
def publish(deliver_plugins: Deliver) -> Deliver:
    """``await publish("chart", "1.0.0", "1.1.0", settings_schema=…)``: register a plugin and publish versions."""

    async def publish(plugin_id: str, *versions: str, settings_schema: dict[str, Any] | None = None) -> None:
        await deliver_plugins(
            PluginRegistered(plugin=plugin_state(plugin_id, "draft")),
            *(published(plugin_id, version, settings_schema) for version in versions or ("1.0.0",)),
        )

    return publish


@pytest.fixture
def claim(database: Database) -> Callable[..., Awaitable[Event]]:
    """Hand the claim of an anonymous owner to the consumer of accounts; gives the event, for repeats."""
    handler = accounts_subscription(ClaimInstalls(database=database), EraseOwners(database=database)).handler

    async def claim(anonymous_id: UUID, user_id: UUID, *, event: Event | None = None) -> Event:
        if event is None:
            fact = AnonymousClaimed(user_id=user_id, anonymous_id=anonymous_id, claimed_at=AT)
            event = make_event(fact, key=str(user_id))
        await handler([event])
        return event

    return claim


@pytest.fixture
def outbox(database: Database) -> Callable[..., Awaitable[list[Any]]]:
    """``await outbox(owner_id)``: the rows of one owner's events in relay order."""

    async def read(owner_id: UUID, plugin_id: str = "") -> list[Any]:
        async with database.read() as connection:
            rows = await connection.execute(
                text("SELECT * FROM outbox WHERE aggregateid LIKE :key ORDER BY position"),
                {"key": f"{owner_id}:{plugin_id or '%'}"},
            )
            return list(rows.all())

    return read


@pytest.fixture
def settings_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "theme": {"type": "string", "enum": ["light", "dark"], "default": "light"},
            "size": {"type": "integer", "minimum": 1, "maximum": 10, "default": 3},
            "labels": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        },
    }
