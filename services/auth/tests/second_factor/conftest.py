"""People with second factors."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pyotp
import pytest
from sqlalchemy import text

from chassis.db import Database


@dataclass
class Armed:
    """Somebody whose sign-in takes a one-time code."""

    person: Any
    secret: str
    recovery_codes: list[str] = field(default_factory=list)
    used: int = 0

    def code(self) -> str:
        """Give a code that was not used yet: that of the present step, then that of the next; there are no more."""
        step = int(time.time()) // 30 + self.used
        self.used += 1
        return str(pyotp.TOTP(self.secret).generate_otp(step))

    async def begin(self) -> dict[str, Any]:
        """Give the right password; returns the problem that asks for more."""
        answer: httpx.Response = await self.person.login()
        assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_required"), answer.text
        assert "set-cookie" not in answer.headers
        return dict(answer.json())

    async def finish(self, problem: dict[str, Any], **proof: Any) -> httpx.Response:
        body = {"challenge": problem["challenge"], **proof}
        answer: httpx.Response = await self.person.call("POST", "/auth/login/second-factor", body)
        return answer

    async def step_up(self, **proof: Any) -> httpx.Response:
        answer: httpx.Response = await self.person.call("POST", "/auth/step-up", proof)
        return answer


@pytest.fixture
def armed(person: Callable[..., Any], database: Database) -> Callable[[], Awaitable[Armed]]:
    """``await armed()`` is a signed-in account with one-time codes, none of which is used up."""

    async def make() -> Armed:
        ann = person()
        assert (await ann.register()).status_code == 201
        proposed = await ann.call("POST", "/auth/second-factor/totp")
        assert proposed.status_code == 201, proposed.text
        somebody = Armed(ann, proposed.json()["secret"])
        confirmed = await ann.call("POST", "/auth/second-factor/totp/confirm", {"code": somebody.code()})
        assert confirmed.status_code == 200, confirmed.text
        somebody.used = 0
        async with database.transaction() as connection:
            await connection.execute(
                text("UPDATE totp_factors SET last_step = 0 WHERE user_id::text = :id"),
                {"id": (await ann.me())["user"]["id"]},
            )
        somebody.recovery_codes = confirmed.json()["recovery_codes"]
        return somebody

    return make
