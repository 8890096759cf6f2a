"""``events outbox``: what waits for the relay, and whether there is one."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import make_url

from chassis.db import CONNECT_TIMEOUT_SECONDS
from chassis.operations.context import Context
from chassis.operations.printing import UNKNOWN, duration
from chassis.operations.refusals import MisuseError, OperationRefusedError
from chassis.relay_session import DEPTH_LIMIT

ROWS = 10

_STATEMENT_TIMEOUT = "10s"
_DEPTH = "SELECT count(*) AS depth FROM (SELECT FROM outbox LIMIT %s) AS counted"
_NEXT = (
    "SELECT position, aggregatetype AS topic, aggregateid AS key, type, sequence,"
    " extract(epoch FROM clock_timestamp() - occurred_at)::float AS age_seconds FROM outbox ORDER BY position LIMIT %s"
)
# A lock of 64 bits stands in two columns; its holder says by its session for how long.
_HOLDER = (
    "SELECT pid, extract(epoch FROM clock_timestamp() - backend_start)::float AS seconds"
    " FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
    " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (classid::bigint << 32 | objid::bigint) = hashtextextended(%s, 0)"
)


def show_outbox(context: Context, *, max_depth: int | None, max_age_seconds: float | None) -> int:
    """Show the outbox; returns 1 where it is over a limit."""
    if context.database_url is None:
        raise MisuseError("This service has no outbox.", remedy="Ask one that has a schema.")
    try:
        found = _read(context.database_url, context.service)
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise OperationRefusedError(
            f"The database did not answer ({reason}).", remedy="See that it runs and that DATABASE_URL is right."
        ) from error
    out, relay = context.out, found["relay"]
    if out.as_json:
        out.document(found)
    else:
        out.line(f"depth   {found['depth']}{'' if found['depth'] < DEPTH_LIMIT else ' or more'}")
        out.line(f"oldest  {duration(found['oldest_seconds'])}")
        at_work = f"session {relay['pid']}, connected for {duration(relay['seconds'])}" if relay else UNKNOWN
        out.line(f"relay   {at_work}")
        shown = ("position", "topic", "key", "type", "sequence", "age")
        rows = [row | {"age": duration(row["age_seconds"])} for row in found["next"]]
        out.rows("Next events", rows, shown=shown, empty="Nothing waits.")
    if relay is None:
        out.say(f"No relay is at work. Start it (locally `make start S={context.service}-relay`); nothing is lost.")
    is_over = (max_depth is not None and found["depth"] > max_depth) or (
        max_age_seconds is not None and (found["oldest_seconds"] or 0.0) > max_age_seconds
    )
    return 1 if is_over or relay is None else 0


def _read(database_url: str, schema: str) -> Mapping[str, Any]:
    url = make_url(database_url)
    options = url.query.get("options", "")
    address = url.set(drivername="postgresql").difference_update_query(["options"])
    with psycopg.connect(
        address.render_as_string(hide_password=False),
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        options=f"{options} -c statement_timeout={_STATEMENT_TIMEOUT} -c default_transaction_read_only=on".strip(),
        autocommit=True,
        row_factory=dict_row,
    ) as connection:
        depth = connection.execute(_DEPTH, (DEPTH_LIMIT,)).fetchone() or {"depth": 0}
        rows = connection.execute(_NEXT, (ROWS,)).fetchall()
        holder = connection.execute(_HOLDER, (f"relay:{schema}",)).fetchone()
    return {
        "depth": depth["depth"],
        "oldest_seconds": rows[0]["age_seconds"] if rows else None,
        "relay": holder,
        "next": rows,
    }
