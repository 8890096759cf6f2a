"""What nobody else may read stands nowhere but where it must: a real process, everything it says, all it stores."""

import asyncio
import os
import re
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import httpx
import psycopg

from testkit.waiting import eventually

_JWT = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.")
"""Header and claims of any token; three letters alone stand in one of a few hundred runs' password hashes by chance."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _everything_stored(url: str) -> str:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'auth'").fetchall()
        return "\n".join(
            str(row) for (table,) in tables for row in connection.execute(f'SELECT * FROM "{table}"').fetchall()
        )


async def test_passwords_sessions_and_tokens_are_in_no_log_and_in_no_table(
    settings: Any, person: Any, tmp_path: Path
) -> None:
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    secrets = {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "INTERNAL_TOKEN": settings.internal_token.get_secret_value(),
    }
    environment = {
        **os.environ,
        **secrets,
        "IDENTITY_PRIVATE_KEY_FILE": str(settings.identity_private_key_file),
        "SECOND_FACTOR_KEY_FILE": str(settings.second_factor_key_file),
        "IDENTITY_PUBLIC_KEY_FILE": str(settings.identity_public_key_file),
        "COOKIE_SECURE": "false",
        "REGISTRATION": "open",
        "LOG_LEVEL": "debug",
        "PORT": str(port),
    }
    log = tmp_path / "log"
    with log.open("w") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "auth", "serve", stdout=output, stderr=output, env=environment
        )
    try:
        async with httpx.AsyncClient(base_url=url) as client:
            await eventually(lambda: _is_ready(client), 30)
            ann = person()
            ann.client = client
            assert (await ann.register()).status_code == 201
            sessions = [ann.session]
            assert (await ann.login()).status_code == 200
            sessions.append(ann.session)
            await ann.login(password="wrong " + ann.password)
            await ann.register(name="\x07")
            await client.post("/api/v1/auth/login", content=f'{{"password": "{ann.password}"')
            await client.post(
                "/internal/sessions/renew",
                json={"session": ann.session},
                headers={"x-internal-token": secrets["INTERNAL_TOKEN"]},
            )
            await ann.call("POST", "/auth/logout")
            metrics = (await client.get("/metrics")).text
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 30)
    assert process.returncode in {0, -signal.SIGTERM}
    said = log.read_text() + metrics
    stored = _everything_stored(secrets["DATABASE_URL"])
    hidden = [ann.password, *sessions, *(value.partition("@")[0].rpartition(":")[2] for value in secrets.values())]
    for secret in hidden:
        assert secret
        assert secret not in said
        assert secret not in stored
    assert _JWT.search(said + stored) is None
    assert ann.email not in said


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False
