"""Security keys (WebAuthn), by one in software."""

from typing import Any

import pytest

from auth_authenticator import SecurityKey


async def _options(person: Any) -> dict[str, Any]:
    answer = await person.call("POST", "/auth/second-factor/webauthn/options")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _add(person: Any, key: SecurityKey, name: str = "blue key") -> Any:
    body = {"name": name, "credential": key.create(await _options(person))}
    return await person.call("POST", "/auth/second-factor/webauthn", body)


async def _registered(person: Any, key: SecurityKey) -> Any:
    ann = person()
    await ann.register()
    answer = await _add(ann, key)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["recovery_codes"]) == 10
    return ann


async def _begin(ann: Any) -> dict[str, Any]:
    answer = await ann.login()
    assert answer.json()["code"] == "second_factor_required"
    return dict(answer.json())


async def _finish(ann: Any, problem: dict[str, Any], assertion: dict[str, Any]) -> Any:
    body = {"challenge": problem["challenge"], "assertion": assertion}
    return await ann.call("POST", "/auth/login/second-factor", body)


async def test_a_key_signs_in_and_each_has_a_name(person: Any) -> None:
    blue, red = SecurityKey(), SecurityKey()
    ann = await _registered(person, blue)
    second = await _add(ann, red, "red key")
    assert second.json()["recovery_codes"] is None
    assert [key["name"] for key in second.json()["second_factor"]["security_keys"]] == ["blue key", "red key"]
    for key in (blue, red):
        problem = await _begin(ann)
        assert problem["methods"] == ["webauthn", "recovery-code"]
        assert problem["webauthn"]["rpId"] == "127.0.0.1"
        assert problem["webauthn"]["userVerification"] == "preferred"
        assert len(problem["webauthn"]["allowCredentials"]) == 2
        answer = await _finish(ann, problem, key.get(problem["webauthn"]))
        assert answer.status_code == 200, answer.text
    assert (await ann.me())["methods"] == ["password", "webauthn"]
    removed = await ann.call("DELETE", f"/auth/second-factor/webauthn/{await _id_of(ann, 'blue key')}")
    assert [key["name"] for key in removed.json()["second_factor"]["security_keys"]] == ["red key"]
    problem = await _begin(ann)
    assert (await _finish(ann, problem, blue.get(problem["webauthn"]))).json()["code"] == "second_factor_invalid"
    last = await ann.call("DELETE", f"/auth/second-factor/webauthn/{await _id_of(ann, 'red key')}")
    assert last.json()["second_factor"]["recovery_codes_left"] == 0
    assert (await ann.login()).status_code == 200


async def _id_of(ann: Any, name: str) -> str:
    keys = (await ann.call("GET", "/auth/second-factor")).json()["security_keys"]
    return next(str(key["id"]) for key in keys if key["name"] == name)


async def test_another_account_s_key_is_no_proof_and_not_removed(person: Any) -> None:
    own, foreign = SecurityKey(), SecurityKey()
    ann, eve = await _registered(person, own), await _registered(person, foreign)
    problem = await _begin(ann)
    assert (await _finish(ann, problem, foreign.get(problem["webauthn"]))).status_code == 401
    answer = await eve.call("DELETE", f"/auth/second-factor/webauthn/{await _id_of(ann, 'blue key')}")
    assert (answer.status_code, answer.json()["code"]) == (404, "second_factor_not_found")
    taken = await _add(eve, own)
    assert (taken.status_code, taken.json()["code"]) == (409, "second_factor_exists")


async def test_a_copy_whose_count_does_not_rise_is_refused(person: Any) -> None:
    key = SecurityKey()
    ann = await _registered(person, key)
    problem = await _begin(ann)
    assert (await _finish(ann, problem, key.get(problem["webauthn"]))).status_code == 200
    key.sign_count -= 1
    problem = await _begin(ann)
    assert (await _finish(ann, problem, key.get(problem["webauthn"]))).json()["code"] == "second_factor_invalid"


async def test_a_key_that_does_not_count_works_again_and_again(person: Any) -> None:
    key = SecurityKey(counts=False)
    ann = await _registered(person, key)
    for _ in range(2):
        problem = await _begin(ann)
        assert (await _finish(ann, problem, key.get(problem["webauthn"]))).status_code == 200


async def test_a_challenge_is_answered_once_and_by_its_own_sign_in(person: Any) -> None:
    key = SecurityKey()
    ann = await _registered(person, key)
    first, second = await _begin(ann), await _begin(ann)
    assert (await _finish(ann, second, key.get(first["webauthn"]))).json()["code"] == "second_factor_invalid"
    # The failed attempt has used the challenge up, though the sign-in may go on by other means.
    assert (await _finish(ann, second, key.get(second["webauthn"]))).json()["code"] == "second_factor_invalid"
    answer = key.get(first["webauthn"])
    assert (await _finish(ann, first, answer)).status_code == 200
    assert (await _finish(ann, first, answer)).json()["code"] == "challenge_ended"


@pytest.mark.parametrize("fault", ["origin", "presence", "signature", "form"])
async def test_answers_from_elsewhere_or_of_another_form_are_refused(person: Any, fault: str) -> None:
    key = SecurityKey()
    ann = await _registered(person, key)
    problem = await _begin(ann)
    if fault == "origin":
        key.origin = "http://127.0.0.1.evil.example"
    if fault == "presence":
        key.flags = 0
    assertion = key.get(problem["webauthn"])
    if fault == "signature":
        other = key.get(problem["webauthn"] | {"rpId": "elsewhere"})
        assertion["response"]["signature"] = other["response"]["signature"]
    if fault == "form":
        assertion["response"] = {"clientDataJSON": "é", "authenticatorData": 1, "signature": None}
    answer = await _finish(ann, problem, assertion)
    assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_invalid")


async def test_the_host_header_does_not_choose_the_domain_of_keys(person: Any) -> None:
    ann = person()
    await ann.register()
    answer = await ann.call("POST", "/auth/second-factor/webauthn/options", headers={"host": "evil.example"})
    assert answer.json()["rp"]["id"] == "127.0.0.1"


async def test_a_registration_answers_its_own_session_s_challenge_once(person: Any) -> None:
    ann, eve = person(), person()
    await ann.register()
    await eve.register()
    key = SecurityKey()
    body = {"name": "key", "credential": key.create(await _options(ann))}
    assert (await eve.call("POST", "/auth/second-factor/webauthn", body)).json()["code"] == "second_factor_wrong"
    assert (await ann.call("POST", "/auth/second-factor/webauthn", body)).status_code == 200
    assert (await ann.call("POST", "/auth/second-factor/webauthn", body)).json()["code"] == "second_factor_wrong"


@pytest.mark.parametrize("credential", [{}, {"id": 1}, {"id": "é", "rawId": "é", "type": "public-key", "response": {}}])
async def test_a_registration_of_another_form_is_refused(person: Any, credential: dict[str, Any]) -> None:
    ann = person()
    await ann.register()
    await _options(ann)
    answer = await ann.call("POST", "/auth/second-factor/webauthn", {"name": "key", "credential": credential})
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_wrong")


async def test_stepping_up_by_a_key(person: Any) -> None:
    key = SecurityKey()
    ann = await _registered(person, key)
    await ann.age(3600)
    options = (await ann.call("POST", "/auth/step-up/webauthn")).json()
    answer = await ann.call("POST", "/auth/step-up", {"assertion": key.get(options)})
    assert answer.status_code == 200
    assert (await ann.me())["methods"] == ["webauthn"]
    again = await ann.call("POST", "/auth/step-up", {"assertion": key.get(options)})
    assert (again.status_code, again.json()["code"]) == (403, "second_factor_wrong")


async def test_who_has_no_key_gets_no_options(person: Any) -> None:
    ann = person()
    await ann.register()
    answer = await ann.call("POST", "/auth/step-up/webauthn")
    assert (answer.status_code, answer.json()["code"]) == (404, "second_factor_not_found")
