"""Adding and removing second factors, and how they are kept."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from auth.config import ServeSettings
from auth.domain.second_factor.secret_box import SecretBox


async def _list(person: Any) -> dict[str, Any]:
    answer = await person.call("GET", "/auth/second-factor")
    assert answer.status_code == 200
    return dict(answer.json())


async def test_codes_count_once_the_first_was_shown(person: Any) -> None:
    ann = person()
    await ann.register()
    first = (await ann.call("POST", "/auth/second-factor/totp")).json()
    second = (await ann.call("POST", "/auth/second-factor/totp")).json()
    assert first["secret"] != second["secret"]
    assert second["uri"].startswith("otpauth://totp/")
    assert second["secret"] in second["uri"]
    assert (await _list(ann))["is_on"] is False
    wrong = await ann.call("POST", "/auth/second-factor/totp/confirm", {"code": "000 000"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "second_factor_wrong")
    assert (await ann.login()).status_code == 200


async def test_a_change_ends_the_other_sessions_and_rotates_this_one(armed: Any, person: Any, gateway: Any) -> None:
    ann = await armed()
    other = person()
    problem = await ann.begin()
    answer = await other.call(
        "POST", "/auth/login/second-factor", {"challenge": problem["challenge"], "code": ann.code()}
    )
    assert answer.status_code == 200
    former = ann.person.session
    renewed = await ann.person.call("POST", "/auth/second-factor/recovery-codes")
    assert renewed.status_code == 200
    assert renewed.json()["session"]["token"] == ann.person.session
    assert [(await gateway.renew(each)).status_code for each in (former, other.session)] == [401, 401]
    assert (await gateway.renew(ann.person.session)).status_code == 200
    codes = renewed.json()["recovery_codes"]
    assert set(codes).isdisjoint(ann.recovery_codes)
    assert (await ann.step_up(recovery_code=ann.recovery_codes[0])).status_code == 403
    assert (await ann.step_up(recovery_code=codes[0])).status_code == 200


async def test_there_are_codes_once_only_and_removing_them_ends_recovery_codes(armed: Any, rows: Any) -> None:
    ann = await armed()
    again = await ann.person.call("POST", "/auth/second-factor/totp")
    assert (again.status_code, again.json()["code"]) == (409, "second_factor_exists")
    user_id = (await ann.person.me())["user"]["id"]
    removed = await ann.person.call("DELETE", "/auth/second-factor/totp")
    assert removed.status_code == 200
    assert removed.json()["second_factor"] == {
        "is_on": False,
        "totp_since": None,
        "security_keys": [],
        "recovery_codes_left": 0,
    }
    assert (await ann.person.login()).status_code == 200
    for method, path in (("DELETE", "totp"), ("DELETE", f"webauthn/{uuid4()}"), ("POST", "recovery-codes")):
        answer = await ann.person.call(method, f"/auth/second-factor/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "second_factor_not_found")
    found = await rows(
        "SELECT action, target_id FROM audit_entries WHERE user_id::text = :id AND action LIKE 'second-factor.%'"
        " ORDER BY id",
        id=user_id,
    )
    assert [(row["action"], row["target_id"]) for row in found] == [
        ("second-factor.added", "totp"),
        ("second-factor.removed", "totp"),
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "totp"),
        ("POST", "totp/confirm"),
        ("DELETE", "totp"),
        ("POST", "webauthn/options"),
        ("POST", "webauthn"),
        ("DELETE", f"webauthn/{UUID(int=1)}"),
        ("POST", "recovery-codes"),
    ],
)
async def test_every_change_needs_a_recent_authentication(person: Any, method: str, path: str) -> None:
    ann = person()
    await ann.register()
    await ann.age(700)
    bodies = {"totp/confirm": {"code": "123456"}, "webauthn": {"name": "key", "credential": {}}}
    answer = await ann.call(method, f"/auth/second-factor/{path}", bodies.get(path))
    assert (answer.status_code, answer.json()["code"]) == (403, "recent_authentication_required")


async def test_the_secret_is_encrypted_for_its_account(armed: Any, rows: Any, settings: ServeSettings) -> None:
    ann = await armed()
    user_id = UUID((await ann.person.me())["user"]["id"])
    [row] = await rows("SELECT secret FROM totp_factors WHERE user_id = :id", id=user_id)
    assert ann.secret.encode() not in row["secret"]
    box = SecretBox(settings.second_factor_key_file.read_text())
    assert box.open(row["secret"], user_id=user_id) == ann.secret
    with pytest.raises(ValueError, match="no key opens"):
        box.open(row["secret"], user_id=uuid4())
    codes = await rows("SELECT code_hash FROM recovery_codes WHERE user_id = :id", id=user_id)
    assert {len(row["code_hash"]) for row in codes} == {32}
    assert len(codes) == 10
