"""``python -m auth audit`` as an operator starts it, and the sealer beside the relay."""

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from testkit.environments import MAIL_VARIABLES
from testkit.waiting import eventually


def _run(audit: Any, *arguments: str, url: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "auth", "audit", *arguments]
    environment = {**os.environ, "DATABASE_URL": url or audit.url}
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=60)


async def test_a_right_chain_is_shown_and_its_head_can_be_kept(chained: Any) -> None:
    audit = await chained(4)
    head = _run(audit, "head")
    assert (head.returncode, head.stdout.strip()) == (0, (await audit.head()).hex())
    assert json.loads(_run(audit, "head", "--json").stdout) == {"position": 4, "hash": head.stdout.strip()}
    await audit.append(2)
    await audit.seal()
    verified = _run(audit, "verify", "--expect", head.stdout.strip())
    assert verified.returncode == 0, verified.stderr
    assert (await audit.head()).hex() in verified.stdout
    audit.forge("DELETE FROM audit_entries WHERE position > 3")
    cut = _run(audit, "verify", "--expect", head.stdout.strip())
    assert cut.returncode == 1
    assert "after entry 3 its end is missing" in cut.stderr


async def test_the_first_wrong_entry_is_named_with_status_1(chained: Any) -> None:
    audit = await chained(6)
    audit.forge("UPDATE audit_entries SET reason = 'x' WHERE position IN (3, 5)")
    [(entry_id,)] = audit.fetch("SELECT id FROM audit_entries WHERE position = 3")
    found = _run(audit, "verify")
    assert found.returncode == 1
    assert f"Entry 3 (id {entry_id}) was changed, or moved from another position." in found.stderr
    document = json.loads(_run(audit, "verify", "--json").stdout)
    assert (document["result"], document["right_entries"]) == ("wrong", 2)
    assert document["wrong"].startswith("Entry 3 ")


async def test_what_could_not_be_checked_has_a_status_of_its_own(audit: Any) -> None:
    assert _run(audit, "verify", "--expect", "abc").returncode == 2
    assert _run(audit).returncode == 2
    away = _run(audit, "verify", url="postgresql+psycopg://auth:x@127.0.0.1:1/nowhere")
    assert away.returncode == 2
    assert "Traceback" not in away.stderr


async def test_the_relay_seals_what_is_written_while_kafka_is_away(audit: Any) -> None:
    own = {"DATABASE_URL": audit.url, "PORT": "0", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    environment = {**os.environ, **MAIL_VARIABLES, **own}
    await audit.append(3)
    relay = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "auth", "relay", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await eventually(lambda: audit.fetch("SELECT count(*) FROM audit_entries WHERE position > 0") == [(3,)], 60)
        await audit.append(2)
        await eventually(lambda: audit.fetch("SELECT count(*) FROM audit_entries WHERE position > 0") == [(5,)], 60)
    finally:
        relay.terminate()
        await relay.wait()
    assert (await audit.verify()).fault is None


@pytest.mark.parametrize("name", ["verify", "head"])
async def test_an_empty_audit_is_right(audit: Any, name: str) -> None:
    answer = _run(audit, name)
    assert answer.returncode == 0
    assert "0" * 64 in answer.stdout
