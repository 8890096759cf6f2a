"""An application and a worker in this process, on real servers, and a client that speaks for several people."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest
from sqlalchemy import text

from chassis.db import Database
from chassis.process import Heartbeat
from publishing.clients.scanner import Scanner
from publishing.config import ServeSettings, WorkSettings
from publishing.main import create_app, make_lanes
from testkit.client import asgi_client
from testkit.environments import ServiceEnvironment
from testkit.identities import TokenSigner
from testkit.stores import S3Settings
from testkit.waiting import eventually

BUNDLE = b"module.exports = { activate() { return 42; } };\n"


def _manifest_of(plugin_id: str, version: str = "1.0.0", **more: Any) -> dict[str, Any]:
    return {
        "id": plugin_id,
        "name": plugin_id.title(),
        "version": version,
        "description": "Does something.",
        "main": "bundle.js",
        "api_version": "1",
        **more,
    }


@dataclass
class Person:
    """Somebody with a token, and what they can do at the service."""

    client: httpx.AsyncClient
    headers: dict[str, str]
    subject: str

    async def get(self, path: str, **arguments: Any) -> httpx.Response:
        return await self.client.get(f"/api/v1{path}", headers=self.headers, **arguments)

    async def post(self, path: str, **arguments: Any) -> httpx.Response:
        return await self.client.post(f"/api/v1{path}", headers=self.headers, **arguments)

    async def patch(self, path: str, *, if_match: str | None = None, **arguments: Any) -> httpx.Response:
        headers = self.headers if if_match is None else {**self.headers, "if-match": if_match}
        return await self.client.patch(f"/api/v1{path}", headers=headers, **arguments)

    async def delete(self, path: str) -> httpx.Response:
        return await self.client.delete(f"/api/v1{path}", headers=self.headers)

    async def register(self, plugin_id: str | None = None, **more: Any) -> str:
        chosen = plugin_id or f"p-{uuid4().hex[:12]}"
        body = {"id": chosen, "name": chosen, "description": "Does something.", "category": "utilities", **more}
        answer = await self.post("/developer/plugins", json=body)
        assert answer.status_code == 201, answer.text
        return chosen

    async def send(
        self, plugin_id: str, version: str = "1.0.0", *, bundle: bytes = BUNDLE, source_map: bytes | None = None,
        changelog: str | None = None, manifest: Any = None,
    ) -> httpx.Response:  # fmt: skip
        written = (
            manifest
            if isinstance(manifest, bytes)
            else json.dumps(manifest or _manifest_of(plugin_id, version)).encode()
        )
        files: dict[str, Any] = {
            "manifest": ("manifest.json", written, "application/json"),
            "bundle": ("bundle.js", bundle, "text/javascript"),
        }
        if source_map is not None:
            files["source_map"] = ("bundle.js.map", source_map, "application/json")
        data = {"changelog": changelog} if changelog is not None else None
        return await self.post(f"/developer/plugins/{plugin_id}/versions", files=files, data=data)

    async def submission_in(self, submission_id: str, status: str, timeout_seconds: float = 15) -> dict[str, Any]:
        async def look() -> dict[str, Any]:
            body: dict[str, Any] = (await self.get(f"/developer/submissions/{submission_id}")).json()
            assert body["status"] == status, body
            return body

        return await eventually(look, timeout_seconds)

    async def reject(self, submission_id: str, text: str = "No.") -> httpx.Response:
        decision = {"verdict": "reject", "reason_code": "quality", "text": text}
        return await self.post(f"/review/submissions/{submission_id}/decision", json=decision)

    async def approve(self, submission_id: str, text: str | None = None) -> httpx.Response:
        return await self.post(
            f"/review/submissions/{submission_id}/decision", json={"verdict": "approve", "text": text}
        )


@pytest.fixture(scope="session")
def manifest_of() -> Callable[..., dict[str, Any]]:
    return _manifest_of


@pytest.fixture(scope="session")
def environment(service_environment: ServiceEnvironment) -> dict[str, str]:
    return service_environment("publishing")


def settings_from(environment: dict[str, str]) -> dict[str, str]:
    values = {name.lower(): value for name, value in environment.items()}
    if "internal_token_file" in values:
        values["internal_token"] = Path(values["internal_token_file"]).read_text("utf-8")
    return values


@pytest.fixture(scope="session")
async def client(environment: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(ServeSettings.model_validate(settings_from(environment)))
    async with asgi_client(app) as client:
        yield client


@pytest.fixture(scope="session")
async def database(environment: dict[str, str]) -> AsyncIterator[Database]:
    database = Database(url=environment["DATABASE_URL"], pool_size=4)
    yield database
    await database.close()


@pytest.fixture
def person(client: httpx.AsyncClient, token_for: TokenSigner) -> Callable[..., Person]:
    def make(*roles: str, name: str = "Ann", subject: str | None = None) -> Person:
        chosen = subject or str(uuid4())
        token = token_for(subject=chosen, roles=["user", *roles], name=name)
        return Person(client=client, headers={"x-identity": token}, subject=chosen)

    return make


@pytest.fixture
def developer(person: Callable[..., Person]) -> Person:
    return person("developer")


@pytest.fixture
def reviewer(person: Callable[..., Person]) -> Person:
    return person("reviewer", name="Rita")


@pytest.fixture
def administrator(person: Callable[..., Person]) -> Person:
    return person("administrator", name="Ada")


@pytest.fixture(scope="session")
def work_settings(environment: dict[str, str]) -> WorkSettings:
    return WorkSettings.model_validate({**settings_from(environment), "lease_seconds": "2"})


ALL_LANES = ("check", "release", "clear")


@asynccontextmanager
async def _running_worker(
    settings: WorkSettings, scanner: Scanner, *, only: tuple[str, ...] = ALL_LANES
) -> AsyncIterator[None]:
    database = Database(url=settings.database_url.get_secret_value(), pool_size=4)
    runner, lanes = make_lanes(settings, database, scanner)
    tasks = [asyncio.create_task(runner.run(lane, Heartbeat())) for lane in lanes if lane.name in only]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await database.close()


@pytest.fixture(scope="session")
def scanner(work_settings: WorkSettings) -> Scanner:
    return Scanner(timeout_seconds=work_settings.scan_timeout_seconds, memory_bytes=work_settings.scan_memory_bytes)


@pytest.fixture
def run_worker(work_settings: WorkSettings, scanner: Scanner) -> Callable[..., AbstractAsyncContextManager[None]]:
    """``async with run_worker(scanner=…, only=…):`` runs lanes of the role ``work`` in this process."""

    def run(
        *, only: tuple[str, ...] = ALL_LANES, scanner: Scanner = scanner, settings: WorkSettings = work_settings
    ) -> AbstractAsyncContextManager[None]:
        return _running_worker(settings, scanner, only=only)

    return run


@pytest.fixture
async def worker(run_worker: Callable[..., AbstractAsyncContextManager[None]]) -> AsyncIterator[None]:
    async with run_worker():
        yield


@dataclass
class Buckets:
    """Direct access to both buckets."""

    client: Any
    settings: S3Settings

    def bundle(self, key: str) -> bytes:
        content: bytes = self.client.get_object(Bucket=self.settings.bundle_bucket, Key=key)["Body"].read()
        return content

    def put_bundle(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.settings.bundle_bucket, Key=key, Body=content)

    def bundle_keys(self, prefix: str) -> list[str]:
        return self._keys(self.settings.bundle_bucket, prefix)

    def put_quarantined(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.settings.quarantine_bucket, Key=key, Body=content)

    def delete_quarantined(self, key: str) -> None:
        self.client.delete_object(Bucket=self.settings.quarantine_bucket, Key=key)

    def quarantined(self, prefix: str = "") -> list[str]:
        return self._keys(self.settings.quarantine_bucket, prefix)

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        listed = self.client.list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for item in listed.get("Contents", [])]


@pytest.fixture(scope="session")
def buckets(s3_settings: S3Settings) -> Buckets:
    client = boto3.client(
        "s3",
        endpoint_url=s3_settings.endpoint_url,
        region_name=s3_settings.region,
        aws_access_key_id=s3_settings.access_key_id,
        aws_secret_access_key=s3_settings.secret_access_key,
    )
    return Buckets(client, s3_settings)


@pytest.fixture
def rows_of(database: Database) -> Callable[..., Awaitable[list[Any]]]:
    async def read(statement: str, **values: Any) -> list[Any]:
        async with database.read() as connection:
            return list(await connection.execute(text(statement), values))

    return read


@pytest.fixture
def outbox_of(database: Database) -> Callable[[str], Awaitable[list[Any]]]:
    async def read(plugin_id: str) -> list[Any]:
        async with database.read() as connection:
            rows = await connection.execute(
                text("SELECT * FROM outbox WHERE aggregateid = :id ORDER BY position"), {"id": plugin_id}
            )
            return list(rows)

    return read
