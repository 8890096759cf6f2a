from typing import Any

_FIELDS = {
    "occurred_at", "action", "outcome", "by", "target", "reason", "address", "before", "after", "trace_id",
}  # fmt: skip


async def test_an_account_reads_what_happened_to_it_newest_first(person: Any) -> None:
    ann, eve = person(), person()
    user_id = (await ann.register()).json()["user"]["id"]
    await eve.login(email=ann.email, password="not the password")
    await ann.call("POST", "/developer/register", {"display_name": "Ann", "website": "https://a.dev"})
    await ann.call("POST", "/developer/register", {"display_name": "Eve"})
    answer = await ann.call("GET", "/auth/audit")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    assert "link" not in answer.headers
    body = answer.json()
    assert body["next_cursor"] is None
    assert all(set(item) == _FIELDS for item in body["items"])
    seen = [(item["action"], item["outcome"], item["by"], item["reason"], item["address"]) for item in body["items"]]
    assert seen == [
        ("account.developer-registration-refused", "refused", "you", "other-profile-exists", ann.address),
        ("account.developer-registered", "succeeded", "you", None, ann.address),
        ("session.sign-in-refused", "refused", "somebody", "password-wrong", eve.address),
        ("account.registered", "succeeded", "you", None, ann.address),
    ]
    changed = body["items"][1]
    assert changed["before"]["roles"] == ["user"]
    shown = {field: value for field, value in changed["after"].items() if value is not None}
    assert shown == {"roles": ["user", "developer"], "display_name": "Ann", "website": "https://a.dev"}
    assert changed["target"] == {"kind": "account", "id": user_id}
    assert len(changed["trace_id"]) == 32


async def test_the_log_is_paged_and_each_reads_only_their_own(person: Any) -> None:
    ann, bob = person(), person()
    for somebody in (ann, bob):
        await somebody.register()
        for _ in range(3):
            await somebody.login()
    whole = (await ann.call("GET", "/auth/audit")).json()["items"]
    assert len(whole) == 4
    first = await ann.call("GET", "/auth/audit?limit=3")
    cursor = first.json()["next_cursor"]
    assert first.headers["link"] == f'</api/v1/auth/audit?cursor={cursor}&limit=3>; rel="next"'
    second = (await ann.call("GET", f"/auth/audit?limit=3&cursor={cursor}")).json()
    assert first.json()["items"] + second["items"] == whole
    assert second["next_cursor"] is None
    stolen = await bob.call("GET", f"/auth/audit?cursor={cursor}")
    assert (stolen.status_code, stolen.json()["code"]) == (400, "cursor_invalid")


async def test_who_is_not_signed_in_reads_no_log(person: Any, gateway: Any) -> None:
    visitor = person(session=(await gateway.mint()).json()["session"])
    for somebody in (person(), visitor):
        assert (await somebody.call("GET", "/auth/audit")).status_code == 401


async def test_a_session_in_the_log_opens_nothing(person: Any) -> None:
    ann = person()
    await ann.register()
    await ann.login()
    text = (await ann.call("GET", "/auth/audit")).text
    assert ann.session not in text
    assert ann.password not in text


async def test_a_refused_registration_is_recorded(person: Any, rows: Any) -> None:
    ann, eve = person(), person()
    await ann.register()
    assert (await eve.register(email=ann.email)).status_code == 409
    [entry] = await rows("SELECT * FROM audit_entries WHERE address = :address", address=eve.address)
    assert (entry["action"], entry["outcome"], entry["reason"], entry["user_id"]) == (
        "account.registration-refused", "refused", "email-taken", None,
    )  # fmt: skip
