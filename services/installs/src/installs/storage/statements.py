"""The parts that the writing statements share.

A write of one install is one statement: guard the owner, write the row, put the event into the outbox. That is right
only because the event's body is built from nothing but the row that the same statement returns (design, section 4): a
row that waited for a concurrent writer is returned as it is after that writer.
"""

from typing import Any

from sqlalchemy import Row, TextClause, text

from contracts.events.installs import InstallChanged, OwnerKind
from installs.domain.installs import Install

_VIEW = (
    "SELECT i.plugin_id, i.version, i.enabled, i.settings::text AS settings_json, i.revision, i.installed_at,"
    " i.updated_at, p.name AS plugin_name, p.icon_url, p.latest_version, p.status, v.sha256,"
    " v.minimum_platform_version, p.latest_sort_key > v.sort_key AS is_outdated FROM {source} i"
    " JOIN known_plugins p ON p.plugin_id = i.plugin_id"
    " JOIN known_versions v ON v.plugin_id = i.plugin_id AND v.version = i.version"
)
SELECT_INSTALLS = _VIEW.format(source="installs")
"""The columns of an `Install`, over i (installs), p (known_plugins) and v (known_versions)."""

_SELECT_WRITTEN = _VIEW.format(source="written")

GUARDS: dict[OwnerKind, str] = {
    # A conflicting row is locked and judged in its newest version, whatever this statement's snapshot shows: a claim
    # or an erasure that is under way is waited for, and then refuses this write. So no write falls between its steps.
    "user": (
        "INSERT INTO account_owners AS o (owner_id) SELECT CAST(:owner_id AS uuid){source}"
        " ON CONFLICT (owner_id) DO UPDATE SET owner_id = EXCLUDED.owner_id WHERE o.erased_at IS NULL"
        " RETURNING o.owner_id"
    ),
    "anonymous": (
        "INSERT INTO anonymous_owners AS o (owner_id) SELECT CAST(:owner_id AS uuid){source}"
        " ON CONFLICT (owner_id) DO UPDATE SET last_write_at = clock_timestamp()"
        " WHERE o.claimed_by IS NULL AND o.erased_at IS NULL RETURNING o.owner_id"
    ),
}
"""Owner's kind → the statement that locks its row, and gives none where the owner may write no more."""

EVENT = (
    "event AS (INSERT INTO outbox (aggregatetype, aggregateid, type, payload, sequence, traceparent)"
    " SELECT :topic, owner_id || ':' || plugin_id, :event_type,"
    " jsonb_build_object('owner_id', owner_id, 'owner_kind', owner_kind, 'plugin_id', plugin_id,"
    " 'version', version, 'enabled', enabled, 'changed_at', updated_at), revision, :traceparent FROM written)"
)
"""One outbox row for each row of the part named ``written``, which returns whole rows of installs."""


def guarded_writes(*, target: str, written: str, event: type[InstallChanged]) -> dict[OwnerKind, TextClause]:
    """Make the statement of a write for both kinds of owners.

    Parameters
    ----------
    target
        Selects one row where there is something to write, else none.
    written
        Writes it, joining ``owner`` so that nothing happens without the owner's guard; returns whole rows.
    event
        Model of the fact.

    Returns
    -------
    dict
        Owner's kind → statement that gives an `Install` for what was written, or no row where nothing was.
    """
    return {
        kind: text(
            f"WITH target AS ({target}), owner AS ({guard.format(source=' FROM target')}), written AS ({written}),"
            f" {EVENT} {_SELECT_WRITTEN}"
        ).bindparams(topic=event.topic, event_type=event.event_type)
        for kind, guard in GUARDS.items()
    }


def to_install(row: Row[Any]) -> Install:
    """Read a row of `SELECT_INSTALLS`."""
    return Install(**row._mapping)  # noqa: SLF001 - the public name of a row's mapping, for all its underscore
