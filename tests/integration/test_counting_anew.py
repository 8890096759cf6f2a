"""The SQL that docs/operating-events.md gives for counting installs anew does what it says."""

import re
from pathlib import Path
from uuid import uuid4

import psycopg

from testkit.databases import SessionDatabase

TEXT = (Path(__file__).parents[2] / "docs" / "operating-events.md").read_text("utf-8")


def test_counts_are_those_of_the_installs_and_only_what_changed_is_told(database_for: SessionDatabase) -> None:
    for service in ("catalog", "installs"):
        database_for(service)
    (statements,) = re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)
    wrong, right, gone, fresh = (f"p-{uuid4().hex[:12]}" for _ in range(4))
    with psycopg.connect(database_for.admin_url, autocommit=True) as connection:
        for plugin_id, count in ((wrong, 99), (right, 2), (gone, 7)):
            connection.execute("INSERT INTO catalog.install_counts VALUES (%s, %s, NULL)", (plugin_id, count))
        for plugin_id, is_there in (
            (wrong, True), (right, True), (right, True), (right, False), (gone, False), (fresh, True),
        ):  # fmt: skip
            connection.execute(
                "INSERT INTO installs.installs"
                " (owner_id, plugin_id, owner_kind, version, enabled, settings, removed_at)"
                " VALUES (%s, %s, 'user', '1.0.0', true, '{}', CASE WHEN NOT %s THEN now() END)",
                (uuid4(), plugin_id, is_there),
            )
        connection.execute(statements)
        found = connection.execute(
            "SELECT plugin_id, count, dirty_at IS NOT NULL FROM catalog.install_counts WHERE plugin_id = ANY(%s)",
            ([wrong, right, gone, fresh],),
        ).fetchall()
    assert {row[0]: row[1:] for row in found} == {
        wrong: (1, True), right: (2, False), gone: (0, True), fresh: (1, True),
    }  # fmt: skip
