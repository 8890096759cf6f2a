"""The floor of the outbox rises behind the relay, and never above a row that commits late."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from chassis.outbox_floor import LOOK_SECONDS
from chassis.relay_session import OutboxSession

_APPEND = "INSERT INTO outbox (aggregatetype, aggregateid, type, sequence) VALUES ('t', %s, 'e', 1) RETURNING position"


@pytest.fixture
def session(schema_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[OutboxSession]:
    assert LOOK_SECONDS > 0
    monkeypatch.setattr("chassis.outbox_floor.LOOK_SECONDS", 0.0)
    with OutboxSession.open(schema_url) as session:
        yield session


@pytest.fixture
def writers(schema_url: str) -> Iterator[list[psycopg.Connection]]:
    address = make_url(schema_url).set(drivername="postgresql").render_as_string(hide_password=False)
    writers = [psycopg.connect(address) for _ in range(2)]
    yield writers
    for writer in writers:
        writer.close()


def append(writer: psycopg.Connection, key: str) -> int:
    row = writer.execute(_APPEND, (key,)).fetchone()
    assert row
    return int(row[0])


def move(session: OutboxSession) -> list[str]:
    """One poll, as the relay does it."""
    rows = session.fetch(100, topics=(), keys=())
    if rows:
        session.delete(rows)
    return [row.aggregateid for row in rows]


def test_it_rises_to_what_was_moved_once_nobody_can_write_below(
    session: OutboxSession, writers: list[psycopg.Connection]
) -> None:
    position = append(writers[0], "a")
    writers[0].commit()
    assert [move(session) for _ in range(3)] == [["a"], [], []]
    assert session.floor == position


def test_it_waits_for_a_writer_that_commits_late_and_its_row_is_found(
    session: OutboxSession, writers: list[psycopg.Connection]
) -> None:
    late, early = writers
    first = append(late, "late")
    second = append(early, "early")
    assert first < second
    early.commit()
    assert [move(session) for _ in range(5)] == [["early"], [], [], [], []]
    assert session.floor < first
    late.commit()
    assert [move(session) for _ in range(4)] == [["late"], [], [], []]
    assert session.floor >= second - 1


def test_a_held_row_stays_above_it(session: OutboxSession, writers: list[psycopg.Connection]) -> None:
    held, moved = append(writers[0], "held"), append(writers[0], "moved")
    writers[0].commit()
    assert held < moved
    for _ in range(4):
        rows = session.fetch(100, topics=(), keys=("t/held",))
        if rows:
            session.delete(rows)
    assert session.floor < held
    assert move(session) == ["held"]
