"""Taking one's data along, and deleting the account."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from auth.domain.audit import Action
from auth.storage.audit import append_audit
from auth.storage.personal_data import KEPT, PERSONAL_TABLES
from auth.usecases.seal_audit import SealAudit
from auth.usecases.verify_audit import VerifyAudit
from chassis.db import Database
from testkit.databases import SessionDatabase


async def _full_account(person: Any) -> tuple[Any, str]:
    ann = person()
    user_id = (await ann.register(name=f"Ann {ann.email}")).json()["user"]["id"]
    await ann.call("POST", "/developer/register", {"display_name": f"Labs of {ann.email}", "website": "https://a.test"})
    return ann, user_id


async def _delete(who: Any, email: str | None = None) -> Any:
    return await who.call("DELETE", "/auth/me", {"email": email or who.email})


def _holders_of(database: SessionDatabase, words: list[str]) -> set[str]:
    """Name every column of the schema that holds one of the words."""
    found = set()
    with psycopg.connect(database.admin_url) as connection:
        columns = connection.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t"
            " USING (table_schema, table_name) WHERE table_schema = 'auth' AND table_type = 'BASE TABLE'"
        ).fetchall()
        for table, column in columns:
            query = sql.SQL("SELECT count(*) FROM auth.{} WHERE {}::text LIKE ANY(%s)").format(
                sql.Identifier(table), sql.Identifier(column)
            )
            row = connection.execute(query, ([f"%{word}%" for word in words],)).fetchone()
            if row is not None and row[0]:
                found.add(f"{table}.{column}")
    return found


async def test_of_a_deleted_account_only_ids_are_left(
    person: Any, database: Database, database_for: SessionDatabase, events_of: Any, rows: Any, redis_client: Any
) -> None:
    ann, user_id = await _full_account(person)
    other = person()
    await other.login(email=ann.email, password=ann.password)
    assert (await person().login(email=ann.email)).status_code == 401  # a failure of hers, with its address
    words = [ann.email, ann.address, other.address]
    assert len(_holders_of(database_for, words)) >= 6

    assert (await _delete(ann)).status_code == 204
    assert ann.session is None
    holders = _holders_of(database_for, words)
    assert holders <= {"outbox.payload"}, "until the relay has moved them"
    events = await events_of(user_id)
    assert [(kind, sequence) for kind, sequence, _ in events][-1] == ("account.deleted.v1", 3)
    assert ann.email not in json.dumps(events[-1])
    [row] = await rows("SELECT * FROM users WHERE id = CAST(:id AS uuid)", id=user_id)
    assert (row["email"], row["email_key"], row["name"], row["roles"]) == (None, None, None, ["user"])
    assert [key async for key in redis_client.scan_iter(f"*{user_id}*")] == []
    assert (await other.me())["kind"] == "none"

    await SealAudit(database=database).execute()
    assert (await VerifyAudit(database=database).execute(expected=None)).fault is None


async def test_a_deleted_account_is_gone_and_its_address_is_free(person: Any, gateway: Any) -> None:
    ann, user_id = await _full_account(person)
    session, token = ann.session, (await gateway.renew(ann.session)).json()["identity"]
    assert (await _delete(ann)).status_code == 204
    assert (await gateway.renew(session)).status_code == 401
    headers, body = {"x-identity": token, "x-session": session}, {"email": ann.email}
    late = await ann.client.request("DELETE", "/api/v1/auth/me", headers=headers, json=body)
    assert late.status_code == 401
    for path in ("/auth/me", "/auth/me/export", "/auth/sessions", "/developer/profile"):
        answer = await ann.client.get(f"/api/v1{path}", headers=headers)
        assert answer.status_code in {401, 404}, path
    refused = await ann.login()
    assert (refused.status_code, refused.json()["code"]) == (401, "credentials_invalid")
    again = await ann.register()
    assert again.status_code == 201
    assert again.json()["user"]["id"] != user_id
    assert again.json()["user"]["roles"] == ["user"]


async def test_an_account_is_deleted_once_also_when_asked_many_times_at_once(person: Any, events_of: Any) -> None:
    ann, user_id = await _full_account(person)
    browsers = [person(session=ann.session) for _ in range(5)]
    answers = await asyncio.gather(*(_delete(each, ann.email) for each in browsers))
    assert sorted(answer.status_code for answer in answers) == [204, 401, 401, 401, 401]
    assert [kind for kind, _, _ in await events_of(user_id)].count("account.deleted.v1") == 1


@pytest.mark.parametrize("turn", range(4))
async def test_nobody_is_signed_in_to_an_account_that_was_deleted_meanwhile(
    person: Any, redis_client: Any, rows: Any, turn: int
) -> None:
    ann, user_id = await _full_account(person)
    visitors = [person() for _ in range(3)]

    async def delete_soon() -> None:
        for _ in range(turn * 3):
            await rows("SELECT 1")  # lets some of the sign-ins pass
        assert (await _delete(ann)).status_code == 204

    *answers, _ = await asyncio.gather(
        *(each.login(email=ann.email, password=ann.password) for each in visitors), delete_soon()
    )
    assert {answer.status_code for answer in answers} <= {200, 401}
    assert [key async for key in redis_client.scan_iter(f"sessions-of:{user_id}")] == []
    for each in visitors:
        assert (await each.me())["kind"] == "none"


async def test_deleting_needs_the_accounts_address(person: Any) -> None:
    ann, _ = await _full_account(person)
    other = await _delete(ann, "somebody@example.org")
    assert (other.status_code, other.json()["code"]) == (409, "deletion_not_confirmed")
    assert (await ann.call("DELETE", "/auth/me", {})).status_code == 422
    assert (await ann.me())["kind"] == "user"
    assert (await _delete(ann, ann.email.upper())).status_code == 204


async def test_the_only_owner_of_an_organisation_stays(person: Any, rows: Any) -> None:
    ann, user_id = await _full_account(person)
    slug = f"o-{uuid4().hex[:12]}"
    created = await ann.call("POST", "/organisations", {"slug": slug, "name": "Labs"})
    assert created.status_code == 201, created.text
    refused = await _delete(ann)
    assert (refused.status_code, refused.json()["code"]) == (409, "last_owner")
    etag = (await ann.call("GET", f"/organisations/{slug}")).headers.get("etag")
    headers = {} if etag is None else {"if-match": etag}
    assert (await ann.call("DELETE", f"/organisations/{slug}", headers=headers)).status_code == 204
    assert (await _delete(ann)).status_code == 204
    members = "SELECT FROM organisation_members WHERE user_id = CAST(:id AS uuid)"
    assert await rows(members, id=user_id) == []


async def test_api_tokens_and_invitations_go_with_the_account(
    person: Any, rows: Any, database_for: SessionDatabase, redis_client: Any
) -> None:
    ann, user_id = await _full_account(person)
    owner = person()
    await owner.register()
    slug = f"o-{uuid4().hex[:12]}"
    await owner.call("POST", "/organisations", {"slug": slug, "name": "Labs"})
    invited = await owner.call("POST", f"/organisations/{slug}/invitations", {"email": ann.email, "role": "member"})
    assert invited.status_code == 201, invited.text
    token = {"name": f"of {ann.email}", "scopes": ["installs:read"], "expires_in_days": 30}
    made = await ann.call("POST", "/auth/tokens", token)
    assert made.status_code == 201, made.text
    kinds = {item["kind"] for item in (await ann.call("GET", "/auth/me/export")).json()["data"]}
    assert {"api_tokens", "invitation"} <= kinds
    assert (await _delete(ann)).status_code == 204
    assert _holders_of(database_for, [ann.email]) <= {"outbox.payload"}
    assert await rows("SELECT FROM api_tokens WHERE user_id = CAST(:id AS uuid)", id=user_id) == []
    assert [key async for key in redis_client.scan_iter(f"*{user_id}*")] == []


async def test_deleting_needs_a_fresh_proof_of_who_one_is(person: Any, token_for: Any) -> None:
    ann, user_id = await _full_account(person)
    headers = {"x-identity": token_for(subject=user_id, authenticated_seconds_ago=700), "x-session": ann.session}
    answer = await ann.client.request("DELETE", "/api/v1/auth/me", headers=headers, json={"email": ann.email})
    assert (answer.status_code, answer.json()["code"]) == (403, "recent_authentication_required")
    assert (await ann.me())["kind"] == "user"


async def test_an_export_has_everything_and_no_secret(person: Any, rows: Any) -> None:
    ann, user_id = await _full_account(person)
    for _ in range(2):
        await ann.login()
    page = (await ann.call("GET", "/auth/me/export")).json()
    kinds = {item["kind"] for item in page["data"]}
    assert {"account", "credentials", "known_networks", "developer_profiles", "session", "log-entry"} <= kinds
    [account] = [item for item in page["data"] if item["kind"] == "account"]
    assert (account["id"], account["email"]) == (user_id, ann.email)
    assert page["elsewhere"] == ["/api/v1/user/export", "/api/v1/reviews/export", "/api/v1/developer/export"]
    [credentials] = await rows("SELECT * FROM credentials WHERE user_id = CAST(:id AS uuid)", id=user_id)
    text = json.dumps(page)
    for secret in (credentials["password_hash"], ann.password, ann.session):
        assert secret not in text


async def test_a_long_log_is_exported_in_pages(person: Any, rows: Any, database: Database) -> None:
    ann, user_id = await _full_account(person)
    async with database.transaction() as connection:
        for number in range(230):
            await append_audit(
                connection, Action.SIGNED_OUT, user_id=UUID(user_id), address="192.0.2.1", reason=f"n{number}"
            )
    address, seen = "/auth/me/export", []
    while address:
        page = (await ann.call("GET", address.removeprefix("/api/v1"))).json()
        seen += [(item["action"], item["reason"]) for item in page["data"] if item["kind"] == "log-entry"]
        address = page["next"]
    kept = await rows("SELECT count(*) FROM audit_entries WHERE user_id = CAST(:id AS uuid)", id=user_id)
    assert len(set(seen)) == len(seen) == kept[0]["count"], "each once"


def test_every_column_that_refers_to_an_account_is_exported_and_erased_or_kept_for_a_reason(
    database_for: SessionDatabase,
) -> None:
    database_for("auth")
    with psycopg.connect(database_for.admin_url) as connection:
        found = connection.execute(
            "SELECT a.attrelid::regclass::text, a.attname FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid"
            " WHERE r.relnamespace = 'auth'::regnamespace AND r.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"
            " AND (a.attname ~ '(^|_)(user|account|owner|actor|inviter|invited|sender|holder)(_id)?$'"
            " OR a.attname ~ '_by$' OR a.attname ~ 'email'"
            " OR EXISTS (SELECT FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid = r.oid"
            " AND c.confrelid = 'auth.users'::regclass AND a.attnum = ANY(c.conkey)))"
        ).fetchall()
    columns = {f"{table.removeprefix('auth.')}.{column}" for table, column in found}
    assert columns == {f"{each.name}.{each.column}" for each in PERSONAL_TABLES} | set(KEPT)
