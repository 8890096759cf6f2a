from __future__ import annotations

import secrets
from typing import Any

from auth.main import build_app
from contracts.api_tokens import assemble_token, token_hash
from testkit.client import asgi_client


async def test_a_leaked_token_ends_and_nobody_learns_whether_it_was_one(
    person: Any, new_token: Any, internal: Any, redis_client: Any, rows: Any
) -> None:
    ann, finder = person(), person()
    user_id = (await ann.register()).json()["user"]["id"]
    made = await new_token(ann)
    assert (await internal.exchange(made["token"])).status_code == 200
    unknown = assemble_token("api", secrets.token_hex(15))
    answers = [
        await finder.call("POST", "/auth/tokens/leaks", {"token": token, "url": "https://example.com/leak"})
        for token in (made["token"], unknown, "nonsense", made["token"])
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, '{"accepted":true}')}
    assert await redis_client.exists(f"token:{token_hash(made['token'])}") == 0
    assert (await internal.exchange(made["token"])).status_code == 401
    waiting = await rows("SELECT kind FROM mails WHERE about = :about AND kind = 'token-leaked'", about=user_id)
    assert len(waiting) == 1
    [entry] = await rows(
        "SELECT reason, actor_kind, address FROM audit_entries WHERE target_id = :id AND action = 'token.leaked'",
        id=made["id"],
    )
    assert (entry["reason"], entry["actor_kind"]) == ("leaked", "visitor")
    assert entry["address"] == finder.address.rpartition(".")[0] + ".0/24"
    [shown] = [
        each for each in (await ann.call("GET", "/auth/audit")).json()["items"] if each["action"] == "token.leaked"
    ]
    assert (shown["by"], shown["before"]["name"]) == ("somebody", "laptop")


async def test_a_scanner_sends_a_list(person: Any, new_token: Any, internal: Any) -> None:
    ann = person()
    await ann.register()
    made = [(await new_token(ann))["token"] for _ in range(2)]
    found = [{"token": each, "type": "plugin_platform", "url": "", "source": "commit"} for each in made]
    assert (await person().call("POST", "/auth/tokens/leaks", found)).status_code == 202
    for token in made:
        assert (await internal.exchange(token)).status_code == 401


async def test_a_report_of_another_form_is_refused_without_quoting_it(person: Any) -> None:
    for body in ({}, {"token": 1}, [{"url": "secret-value"}], "secret-value"):
        answer = await person().call("POST", "/auth/tokens/leaks", body)
        assert answer.status_code == 422
        assert "secret-value" not in answer.text


async def test_reports_are_limited(settings: Any, person: Any) -> None:
    few = settings.model_copy(update={"limits": "leak-report-address=2/300"})
    finder = person()
    async with asgi_client(build_app(few)) as client:
        finder.client = client
        answers = [await finder.call("POST", "/auth/tokens/leaks", {"token": "nothing"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
