"""What this schema holds of an account: one list, from which it is exported and erased.

A test compares the list with the schema: a new column that refers to an account has to be in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.storage.audit import erase_personal_fields
from auth.storage.audit_chain import seal_entries


@dataclass(frozen=True, slots=True)
class PersonalTable:
    """A table whose rows go with the account.

    Parameters
    ----------
    name, column
        Whose `column` is the account's id.
    exported
        Columns that the account may have; never a secret, nor the hash of one. There may be none.
    """

    name: str
    column: str
    exported: tuple[str, ...]

    @property
    def deletion(self) -> TextClause:
        """The statement that deletes an account's rows."""
        return text(f"DELETE FROM {self.name} WHERE {self.column} = :user_id")  # noqa: S608 - names of this module only

    @property
    def selection(self) -> TextClause:
        """The statement that gives an account's rows, each as a JSON object."""
        columns = ", ".join(self.exported)
        return text(
            f"SELECT to_jsonb(held) AS item FROM (SELECT {columns} FROM {self.name}"  # noqa: S608 - names of this module only
            f" WHERE {self.column} = :user_id ORDER BY 1) AS held"
        )


PERSONAL_TABLES = (
    PersonalTable("credentials", "user_id", ("changed_at",)),
    PersonalTable("mail_tokens", "user_id", ("purpose", "expires_at")),
    PersonalTable("totp_factors", "user_id", ("created_at", "confirmed_at")),
    PersonalTable("webauthn_credentials", "user_id", ("name", "transports", "created_at", "last_used_at")),
    PersonalTable("recovery_codes", "user_id", ()),
    PersonalTable(
        "api_tokens",
        "user_id",
        (
            "kind AS made_by",
            "name",
            "scopes",
            "source_ranges",
            "created_at",
            "expires_at",
            "last_used_at",
            "last_used_network",
        ),
    ),
    PersonalTable("organisation_members", "user_id", ("organisation_id", "role", "joined_at")),
    PersonalTable("organisation_invitations", "invited_by", ("organisation_id", "email", "role", "created_at")),
    PersonalTable("known_networks", "user_id", ("network", "seen_at")),
    PersonalTable("developer_profiles", "user_id", ("display_name", "website", "registered_at")),
)
"""In the order in which their rows go: a table stands before those that it refers to."""

KEPT = {
    "users.email": "emptied",
    "users.email_key": "as the former",
    "users.email_verified_at": "as the former",
    "organisation_invitations.email": "goes with the account whose address it is",
    "organisation_invitations.email_key": "as the former",
    "registrations.email": "as the former",
    "registrations.email_key": "as the former",
    "anonymous_claims.user_id": "two random ids; a visitor that was claimed must never be claimed again",
    "audit_entries.user_id": "the log stays whole; what is personal in its entries is erased",
    "audit_entries.actor_id": "as the former",
}
"""Further columns that refer to an account, and what becomes of them. An id that stays says no more whose it was."""

_EMPTY = text(
    "UPDATE users SET email = NULL, email_key = NULL, email_verified_at = NULL, name = NULL, roles = '{user}',"
    " revision = revision + 1, deleted_at = now(), updated_at = now() WHERE id = :user_id"
)
_OF_ADDRESS = (
    text("DELETE FROM organisation_invitations i USING users u WHERE u.id = :user_id AND u.email_key = i.email_key"),
    text("DELETE FROM registrations r USING users u WHERE u.id = :user_id AND u.email_key = r.email_key"),
    text("DELETE FROM mails m USING users u WHERE u.id = :user_id AND m.about IN (CAST(u.id AS text), u.email_key)"),
)
_INVITED = text(
    "SELECT to_jsonb(held) AS item FROM (SELECT i.organisation_id, i.role, i.created_at, i.expires_at"
    " FROM organisation_invitations i JOIN users u ON u.email_key = i.email_key WHERE u.id = :user_id"
    " ORDER BY i.created_at) AS held"
)
_ACCOUNT = text(
    "SELECT to_jsonb(held) AS item FROM (SELECT id, email, email_verified_at, name, roles, created_at, updated_at"
    " FROM users WHERE id = :user_id AND deleted_at IS NULL) AS held"
)
_SEAL_ENTRIES = 500


async def erase_account(connection: AsyncConnection, user_id: UUID) -> None:
    """Erase an account, whose row must be locked: of it and of its audit only ids are left."""
    for statement in _OF_ADDRESS:
        await connection.execute(statement, {"user_id": user_id})
    for table in PERSONAL_TABLES:
        await connection.execute(table.deletion, {"user_id": user_id})
    await connection.execute(_EMPTY, {"user_id": user_id})
    # Only sealed entries can be erased, or nobody could tell an erasure from a forgery.
    while await seal_entries(connection, limit=_SEAL_ENTRIES) == _SEAL_ENTRIES:
        pass
    await erase_personal_fields(connection, user_id, address=None)


async def export_account(connection: AsyncConnection, user_id: UUID) -> Sequence[dict[str, Any]]:
    """Read all that is kept of an account but its audit; each item says its kind. Empty where it does not exist."""
    items = [{"kind": "account", **row.item} for row in await connection.execute(_ACCOUNT, {"user_id": user_id})]
    items += [{"kind": "invitation", **row.item} for row in await connection.execute(_INVITED, {"user_id": user_id})]
    for table in (each for each in PERSONAL_TABLES if each.exported):
        rows = await connection.execute(table.selection, {"user_id": user_id})
        items += [{**row.item, "kind": table.name} for row in rows]
    return items
