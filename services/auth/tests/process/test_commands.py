"""The roles as processes, as an operator starts them."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer

from contracts.envelope import Event
from testkit.environments import MAIL_VARIABLES

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(settings: Any) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "IDENTITY_PRIVATE_KEY_FILE": str(settings.identity_private_key_file),
        "SECOND_FACTOR_KEY_FILE": str(settings.second_factor_key_file),
        "IDENTITY_PUBLIC_KEY_FILE": str(settings.identity_public_key_file),
        "INTERNAL_TOKEN": settings.internal_token.get_secret_value(),
        "COOKIE_SECURE": "false",
    }


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    def start(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "auth", *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=60)

    return start


def _wanted(password_file: Path, email: str, *roles: str) -> list[str]:
    options = ["ensure-user", "--email", email, "--password-file", str(password_file), "--name", "First Operator"]
    return [*options, *(part for role in roles for part in ("--role", role))]


async def test_an_account_is_ensured_and_a_repeat_changes_nothing(
    run: Run, tmp_path: Path, person: Any, rows: Any, events_of: Any
) -> None:
    password_file = tmp_path / "password"
    password_file.write_text("the operator's password\n")
    admin = person()
    admin.password = "the operator's password"
    command = _wanted(password_file, admin.email, "administrator")
    first, second = run(*command), run(*command)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "created" in first.stdout
    assert "unchanged" in second.stdout
    assert admin.password not in first.stdout + first.stderr + second.stdout + second.stderr
    user = (await admin.login()).json()["user"]
    assert (user["roles"], user["name"]) == (["user", "administrator"], "First Operator")
    assert [kind for kind, _, _ in await events_of(user["id"])] == ["account.registered.v1"]
    stamps = "SELECT revision, updated_at FROM users WHERE id::text = :id"
    [before] = await rows(stamps, id=user["id"])
    assert run(*command).returncode == 0
    assert await rows(stamps, id=user["id"]) == [before]


async def test_a_role_granted_later_ends_the_account_s_sessions(
    run: Run, tmp_path: Path, person: Any, gateway: Any
) -> None:
    ann = person()
    password_file = tmp_path / "password"
    password_file.write_text(ann.password)
    await ann.register()
    answer = run(*_wanted(password_file, ann.email.upper(), "reviewer"))
    assert answer.returncode == 0, answer.stderr
    assert "granted reviewer; sessions ended" in answer.stdout
    assert (await gateway.renew(ann.session)).status_code == 401
    assert (await ann.login()).json()["user"]["roles"] == ["user", "reviewer"]
    assert run(*_wanted(password_file, ann.email, "reviewer")).stdout.endswith(": unchanged\n")
    assert (await gateway.renew(ann.session)).status_code == 200
    assert (await ann.me())["user"]["name"] == "Ann Example"


async def test_another_password_replaces_the_former_and_ends_its_sessions(
    run: Run, tmp_path: Path, person: Any, gateway: Any
) -> None:
    ann = person()
    await ann.register()
    password_file = tmp_path / "password"
    password_file.write_text("quite another password")
    answer = run(*_wanted(password_file, ann.email))
    assert answer.returncode == 0, answer.stderr
    assert (await gateway.renew(ann.session)).status_code == 401
    assert (await ann.login()).status_code == 401
    assert (await ann.login(password="quite another password")).json()["user"]["roles"] == ["user"]


def test_the_committed_document_is_current_and_needs_no_environment() -> None:
    bare = {"PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "auth", "openapi"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, env=bare, timeout=60).stdout
    assert printed == (Path(__file__).resolve().parents[2] / "openapi.json").read_text()
    for path in json.loads(printed)["paths"].values():
        for operation in path.values():
            assert operation["summary"]
            assert operation["operationId"].startswith("auth_")


async def test_events_reach_kafka_in_order_by_the_relay(
    environment: dict[str, str], kafka_bootstrap_servers: str, topic_prefix: str, person: Any, gateway: Any
) -> None:
    ann = person(session=(await gateway.mint()).json()["session"])
    user_id = (await ann.register()).json()["user"]["id"]
    await ann.call("POST", "/developer/register", {"display_name": "Ann"})
    relay = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "auth",
        "relay",
        env={
            **environment,
            "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap_servers,
            "TOPIC_PREFIX": topic_prefix,
            "PORT": "0",
            **MAIL_VARIABLES,
        },
        stdout=asyncio.subprocess.DEVNULL,
    )
    consumer = AIOKafkaConsumer(
        f"{topic_prefix}accounts.v1",
        bootstrap_servers=kafka_bootstrap_servers,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        group_id=f"{topic_prefix}{uuid4().hex}",
    )
    await consumer.start()
    try:
        found: list[Event] = []
        async with asyncio.timeout(60):
            while len(found) < 3:
                record = await consumer.getone()
                if record.key == user_id.encode():  # others write to this topic, too
                    found.append(Event.from_record(key=record.key, value=record.value, headers=record.headers))
    finally:
        await consumer.stop()
        relay.terminate()
        await relay.wait()
    assert [(event.type, event.sequence, event.source) for event in found] == [
        ("account.registered.v1", 1, "/auth"),
        ("account.anonymous-claimed.v1", 2, "/auth"),
        ("account.developer-registered.v1", 3, "/auth"),
    ]
