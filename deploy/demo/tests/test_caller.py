import asyncio
import datetime as dt
import email.utils
import time
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from demo.api.accounts import AccountsApi
from demo.api.caller import Caller
from demo.api.installing import InstallingApi
from demo.api.retrying import RetryPolicy, retry_after_seconds
from demo.api.reviewing import ReviewingApi
from demo.catalogue import Rejection
from demo.errors import PlatformUnreachableError, UnexpectedAnswerError

Answer = Callable[..., bytes]
QUICK = RetryPolicy(total_seconds=5, first_wait_seconds=0.001, longest_wait_seconds=0.002)
PROBLEM = "application/problem+json"


class ScriptedGateway:
    """Answers each request with the next of its answers: the bytes to send, or None to hang up without one."""

    def __init__(self) -> None:
        self.answers: list[bytes | None] = []
        self.requests: list[str] = []
        self.url = ""

    def will(self, *answers: bytes | None) -> None:
        self.answers += answers

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = [line.split(":")[1] for line in head.lower().splitlines() if line.startswith("content-length:")]
            body = await reader.readexactly(int(length[0])) if length else b""
            self.requests.append(head.splitlines()[0] + " " + body.decode())
            answer = self.answers.pop(0)
            if answer is not None:
                writer.write(answer)
                await writer.drain()
        finally:
            writer.close()


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[ScriptedGateway]:
    scripted = ScriptedGateway()
    server = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
    scripted.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield scripted
    server.close()
    await server.wait_closed()


@pytest.fixture
def answer() -> Callable[..., bytes]:
    def make(status: str, body: str = "{}", content_type: str = "application/json", **headers: str) -> bytes:
        lines = [
            f"HTTP/1.1 {status}",
            f"content-type: {content_type}",
            f"content-length: {len(body.encode())}",
            "connection: close",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    return make


async def test_a_lost_connection_and_a_bad_gateway_are_tried_again(gateway: ScriptedGateway, answer: Answer) -> None:
    gateway.will(None, answer("502 Bad Gateway"), answer("200 OK", '{"n": 1}'))

    async with Caller(gateway.url, QUICK) as caller:
        given = await caller.call("GET", "/api/v1/plugins")

    assert given.json() == {"n": 1}
    assert given.in_doubt
    assert len(gateway.requests) == 3


async def test_the_servers_wait_is_honoured(gateway: ScriptedGateway, answer: Answer) -> None:
    gateway.will(answer("503 Service Unavailable", retry_after="1"), answer("200 OK"))

    begun = time.monotonic()
    async with Caller(gateway.url, QUICK) as caller:
        await caller.call("GET", "/x")

    assert time.monotonic() - begun >= 1


async def test_a_refusal_is_not_tried_again_and_says_why(gateway: ScriptedGateway, answer: Answer) -> None:
    body = '{"code": "settings_invalid", "detail": "They do not fit.", "errors": [{"pointer": "/a", "detail": "no"}]}'
    gateway.will(answer("422 Unprocessable Content", body, PROBLEM))

    async with Caller(gateway.url, QUICK) as caller:
        with pytest.raises(UnexpectedAnswerError, match=r"422 settings_invalid: They do not fit\. /a: no"):
            await caller.call("POST", "/x", body={"a": 1})

    assert len(gateway.requests) == 1


async def test_a_platform_that_stays_away_is_given_up_in_time(gateway: ScriptedGateway) -> None:
    gateway.will(*[None] * 1000)
    policy = RetryPolicy(total_seconds=0.2, first_wait_seconds=0.01, longest_wait_seconds=0.05)

    async with Caller(gateway.url, policy) as caller:
        with pytest.raises(PlatformUnreachableError) as raised:
            await caller.call("GET", "/x")

    assert "make up" in raised.value.remedy


async def test_too_many_requests_leaves_no_doubt(gateway: ScriptedGateway, answer: Answer) -> None:
    gateway.will(answer("429 Too Many Requests", retry_after="0"), answer("200 OK"))

    async with Caller(gateway.url, QUICK) as caller:
        assert not (await caller.call("POST", "/x", body={})).in_doubt


async def test_an_install_whose_answer_was_lost_is_found(gateway: ScriptedGateway, answer: Answer) -> None:
    gateway.will(None, answer("200 OK", '{"plugin_id": "d3"}'))

    async with Caller(gateway.url, QUICK) as caller:
        caller.use_session("known")
        done = await InstallingApi(caller).install("d3")

    assert done is not None
    assert done.is_new
    assert not done.may_be_double


async def test_a_first_install_whose_answer_was_lost_may_be_double(gateway: ScriptedGateway, answer: Answer) -> None:
    gateway.will(None, answer("201 Created", '{"plugin_id": "d3"}', set_cookie="sid=abc; Path=/; HttpOnly"))

    async with Caller(gateway.url, QUICK) as caller:
        done = await InstallingApi(caller).install("d3")

        assert done is not None
        assert done.may_be_double
        assert caller.session == "abc"


async def test_a_plugin_that_is_not_known_yet_is_not_installed(gateway: ScriptedGateway, answer: Answer) -> None:
    gateway.will(answer("404 Not Found", '{"code": "plugin_not_found"}', PROBLEM))

    async with Caller(gateway.url, QUICK) as caller:
        assert await InstallingApi(caller).install("d3") is None


async def test_an_uninstall_whose_answer_was_lost_is_done(gateway: ScriptedGateway, answer: Answer) -> None:
    gateway.will(None, answer("404 Not Found", '{"code": "install_not_found"}', PROBLEM))

    async with Caller(gateway.url, QUICK) as caller:
        await InstallingApi(caller).uninstall("d3")


async def test_a_decision_whose_answer_was_lost_is_recognised(gateway: ScriptedGateway, answer: Answer) -> None:
    conflict = answer("409 Conflict", '{"code": "submission_decided"}', PROBLEM)
    gateway.will(None, conflict, answer("200 OK", '{"id": "s1", "decision": {"verdict": "reject"}}'))

    async with Caller(gateway.url, QUICK) as caller:
        await ReviewingApi(caller).reject("s1", Rejection("policy", "A known flaw."))

    assert gateway.requests[1].startswith("POST /api/v1/review/submissions/s1/decision")


async def test_another_reviewers_decision_is_not_taken_for_ones_own(gateway: ScriptedGateway, answer: Answer) -> None:
    conflict = answer("409 Conflict", '{"code": "submission_decided"}', PROBLEM)
    gateway.will(conflict, answer("200 OK", '{"id": "s1", "decision": {"verdict": "reject"}}'))

    async with Caller(gateway.url, QUICK) as caller:
        with pytest.raises(UnexpectedAnswerError, match="submission_decided"):
            await ReviewingApi(caller).approve("s1")


async def test_a_claimed_session_is_forgotten_before_signing_in_again(gateway: ScriptedGateway, answer: Answer) -> None:
    gateway.will(
        answer("409 Conflict", '{"code": "identity_claimed"}', PROBLEM),
        answer("200 OK", '{"user": {"id": "1", "email": "a@example.com", "name": "A", "roles": []}}'),
    )

    async with Caller(gateway.url, QUICK) as caller:
        caller.use_session("claimed")
        user = await AccountsApi(caller).sign_in(email="a@example.com", password="p")

        assert user is not None
        assert caller.session is None


def test_retry_after_is_read_in_seconds_and_as_a_date() -> None:
    soon = email.utils.format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=10), usegmt=True)

    assert retry_after_seconds({"retry-after": "3"}) == 3
    assert 5 < (retry_after_seconds({"retry-after": soon}) or 0) <= 10
    assert retry_after_seconds({"retry-after": "86400"}) == 30
    assert retry_after_seconds({"retry-after": "soon"}) is None
    assert retry_after_seconds({}) is None
