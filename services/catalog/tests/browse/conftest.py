"""A shelf of handmade plugins: in an index of its own, and in the catalog's tables for a test that asks."""

import socket
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from catalog.api.browse import browse_router
from catalog.storage.search import PluginSearch
from catalog.usecases.browse import BrowsePlugins
from chassis.app import create_api
from chassis.db import Database
from contracts.events.documents import PluginDocument
from contracts.events.plugins import Author
from contracts.search_index import index_definition, search_document
from testkit.client import asgi_client
from testkit.databases import SessionDatabase

SHELF = Path(__file__).with_name("shelf.tsv")
_INSERT = text(
    "INSERT INTO plugins (id, name, description, author_id, author_name, category, tags, status, latest_version,"
    " published_at, updated_at, source_sequence, install_count, rating_sum, rating_count) VALUES (:id, :name,"
    " :description, :author_id, :author_name, :category, :tags, :status, :latest_version, :published_at, :updated_at,"
    " 1, :install_count, :rating_sum, :rating_count)"
)


def _document(line: str) -> PluginDocument:
    plugin_id, name, author, category, tags, installs, stars, reviews, updated, description = line.split("\t")
    at = datetime.fromisoformat(updated).replace(tzinfo=UTC, microsecond=len(plugin_id))
    return PluginDocument(
        plugin_id=plugin_id,
        name=name,
        description=description,
        author=Author(id=uuid.uuid5(uuid.NAMESPACE_DNS, author), name=author),
        category=category,
        tags=tuple(tags.split(",")),
        latest_version="1.0.0",
        install_count=int(installs),
        rating_average=float(stars),
        rating_count=int(reviews),
        published_at=at,
        updated_at=at,
    )


@pytest.fixture(scope="session")
def shelf() -> list[PluginDocument]:
    lines = SHELF.read_text("utf-8").splitlines()
    return [_document(line) for line in lines if not line.startswith("#")]


async def fill_index(url: str, alias: str, documents: Sequence[PluginDocument]) -> None:
    index = f"{alias}-0"
    lines = []
    for document in documents:
        action = {"index": {"_id": document.plugin_id}}
        lines += [msgspec.json.encode(action), msgspec.json.encode(search_document(document))]
    async with httpx.AsyncClient(base_url=url, headers={"content-type": "application/json"}, timeout=30) as client:
        definition = index_definition(index)
        definition["aliases"] |= {alias: {}}
        (await client.put(f"/{index}", content=msgspec.json.encode(definition))).raise_for_status()
        answer = await client.post(f"/{index}/_bulk?refresh=true", content=b"\n".join([*lines, b""]))
        assert answer.raise_for_status().json()["errors"] is False, answer.text


@pytest.fixture(scope="session")
async def shelf_alias(opensearch_url: str, index_prefix: str, shelf: list[PluginDocument]) -> str:
    alias = f"{index_prefix}shelf"
    await fill_index(opensearch_url, alias, shelf)
    return alias


@pytest.fixture(scope="session")
def closed_url() -> str:
    """The address of a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@asynccontextmanager
async def browsing(database_url: str, search: PluginSearch) -> AsyncIterator[httpx.AsyncClient]:
    database = Database(url=database_url, pool_size=2)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.browse = BrowsePlugins(database=database, search=search)
        yield
        await search.close()
        await database.close()

    app = create_api(
        title="browse",
        description="",
        routers=[browse_router],
        identity_verifier=None,
        readiness={},
        lifespan=lifespan,
    )
    async with asgi_client(app, base_url="http://service.test/api/v1") as client:
        yield client


@pytest.fixture(scope="session")
def browsing_at(database_for: SessionDatabase) -> Callable[..., Any]:
    """``browsing_at(url, alias, timeout_seconds=)`` opens the API with a search engine of the test's choice."""

    def open_client(url: str, alias: str, timeout_seconds: float = 10.0) -> Any:
        search = PluginSearch(url=url, alias=alias, timeout_seconds=timeout_seconds)
        return browsing(database_for("catalog"), search)

    return open_client


@pytest.fixture(scope="session")
async def client(
    browsing_at: Callable[..., Any], opensearch_url: str, shelf_alias: str
) -> AsyncIterator[httpx.AsyncClient]:
    """The API over the shelf's index."""
    async with browsing_at(opensearch_url, shelf_alias) as client:
        yield client


@pytest.fixture(scope="session")
async def degraded(browsing_at: Callable[..., Any], closed_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The API whose search engine is away."""
    async with browsing_at(closed_url, "plugins") as client:
        yield client


@pytest.fixture
async def shelf_in_tables(
    database_for: SessionDatabase, clean_tables: Callable[..., None], shelf: list[PluginDocument]
) -> AsyncIterator[None]:
    """The shelf, a draft and a suspended plugin in the catalog's tables."""
    database = Database(url=database_for("catalog"), pool_size=1)
    clean_tables("catalog")
    rows = [_row(document) for document in shelf]
    hidden = [
        {**rows[0], "id": "draft-chart", "status": "draft", "latest_version": None},
        {**rows[0], "id": "suspended-chart", "status": "suspended"},
    ]
    async with database.transaction() as connection:
        await connection.execute(_INSERT, [*rows, *hidden])
    yield
    await database.close()
    clean_tables("catalog")


def _row(document: PluginDocument) -> dict[str, Any]:
    return {
        **document.model_dump(include={"name", "description", "category", "latest_version", "install_count"}),
        **document.model_dump(include={"published_at", "updated_at", "rating_count"}),
        "id": document.plugin_id,
        "author_id": document.author.id,
        "author_name": document.author.name,
        "tags": list(document.tags),
        "status": "published",
        "rating_sum": round(document.rating_average * document.rating_count),
    }
