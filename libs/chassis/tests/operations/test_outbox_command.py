"""The outbox by the command line, on a real database."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from chassis.db import Database
from chassis.operations.command import run_events
from chassis.relay_session import OutboxSession
from chassis.settings import KafkaSettings
from platform_local.ports import free_ports


@pytest.fixture
def outbox(schema_url: str, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: str, url: str = schema_url) -> tuple[int, str, str]:
        try:
            run_events("test", ["outbox", *arguments], settings=KafkaSettings(), database_url=SecretStr(url))
        except SystemExit as ending:
            code = int(ending.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


Fill = Callable[[int], Awaitable[None]]


@pytest.fixture
def fill(database: Database) -> Fill:
    async def fill(count: int) -> None:
        async with database.transaction() as connection:
            await connection.execute(
                text(
                    "INSERT INTO outbox (aggregatetype, aggregateid, type, payload, sequence, occurred_at)"
                    " SELECT 'reviews.v1', 'key ' || chr(27) || number, 'review.posted.v1', '{\"secret\": 1}', number,"
                    " clock_timestamp() - interval '1 hour' FROM generate_series(1, :count) AS number"
                ),
                {"count": count},
            )

    return fill


async def test_the_outbox_shows_its_depth_its_age_its_next_events_and_its_relay(
    outbox: Any, fill: Fill, schema_url: str
) -> None:
    code, out, err = outbox()
    assert (code, "Nothing waits." in out, "make start S=test-relay" in err) == (1, True, True)
    await fill(25)
    with OutboxSession.open(schema_url) as session:
        assert session.try_lock("test")
        code, out, err = outbox()
        assert (code, err) == (0, "")
        for part in ("depth   25", "oldest  1:00:0", "relay   session", "review.posted.v1", "key \\x1b10"):
            assert part in out
        assert "secret" not in out
        assert "\x1b" not in out
        assert "key \\x1b11" not in out
        assert outbox("--max-depth", "24")[0] == 1
        assert outbox("--max-depth", "25", "--max-age", "7200")[0] == 0
        assert outbox("--max-age", "60")[0] == 1


def test_a_database_that_is_away_is_told_in_one_sentence(outbox: Any) -> None:
    (port,) = free_ports(1)
    code, out, err = outbox(url=f"postgresql+psycopg://nobody:secret@127.0.0.1:{port}/none")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "DATABASE_URL" in err
    assert "secret" not in err
