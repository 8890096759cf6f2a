"""One person's connection to the gateway: cookies, retries, and problems as errors."""

import asyncio
import ipaddress
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from demo.api.retrying import RETRIED_STATUSES, RetryPolicy
from demo.errors import PlatformUnreachableError, UnexpectedAnswerError

_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    """What came back.

    Parameters
    ----------
    response
        The whole answer, its body read.
    in_doubt
        An earlier attempt of the same call failed after it may have taken effect. A conflict then may be with oneself.
    """

    response: httpx.Response
    in_doubt: bool

    @property
    def status(self) -> int:
        """The status code."""
        return self.response.status_code

    @property
    def code(self) -> str:
        """The stable code of a problem, empty for any other answer."""
        if not self.response.headers.get("content-type", "").startswith("application/problem+json"):
            return ""
        return str(self.response.json().get("code", ""))

    def json(self) -> Any:  # noqa: ANN401 - the caller knows the shape
        """Give the body's JSON value."""
        return self.response.json()


class Caller:
    """Calls the gateway as one person.

    Every call is tried again when the connection fails or the answer is 429, 502, 503 or 504: what this API offers
    either changes nothing the second time or answers with a conflict, which `Answer.in_doubt` explains.

    Parameters
    ----------
    gateway_url
        Such as ``http://127.0.0.1:8080``.
    retry
        How long a call goes on.
    """

    def __init__(self, gateway_url: str, retry: RetryPolicy | None = None) -> None:
        self.gateway_url = gateway_url.rstrip("/")
        self._retry = retry or RetryPolicy()
        self._client = httpx.AsyncClient(
            base_url=self.gateway_url,
            timeout=_TIMEOUT_SECONDS,
            follow_redirects=True,  # a bundle may come from a CDN's address
            trust_env=not _is_loopback(self.gateway_url),  # a proxy of the environment cannot reach this machine
            headers={
                "user-agent": "plugin-platform-demo/1.0",
                "accept": "application/json, */*",
                "origin": _origin(self.gateway_url),  # changes by cookie have to tell
            },
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    @property
    def session(self) -> str | None:
        """The opaque session of the cookie, None for a stranger."""
        for cookie in self._client.cookies.jar:
            if cookie.name in {"sid", "__Host-sid"}:
                return cookie.value
        return None

    def forget_session(self) -> None:
        """Become a stranger."""
        self._client.cookies.clear()

    def use_session(self, session: str) -> None:
        """Come back with a session that was kept."""
        self._client.cookies.set("sid", session)

    async def call(
        self,
        method: str,
        path: str,
        *,
        expect: Collection[int] = (200,),
        query: Mapping[str, Any] | None = None,
        body: Any = None,  # noqa: ANN401 - any JSON value
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make one call, with further attempts where that can help.

        Parameters
        ----------
        method, path
            The path is below the gateway's address, such as ``/api/v1/plugins``.
        expect
            Status codes that the caller can go on with.
        query, body, files, form, headers
            Query parameters, a JSON body, multipart files with form fields beside them, further headers.

        Raises
        ------
        PlatformUnreachableError
            No attempt was answered in the policy's time.
        UnexpectedAnswerError
            The answer has another status; the message carries the problem's code, detail and fields.
        """
        request: dict[str, Any] = {"params": query, "headers": headers, "data": form, "files": files}
        if body is not None:
            request["json"] = body
        answer = await self._attempts(method, path, request)
        if answer.status not in expect:
            raise UnexpectedAnswerError(
                f"{method} {path} was answered with {describe_problem(answer.response)}.",
                remedy="See `make status` and `make logs`. Running the demo again is safe: it goes on where it was.",
            )
        return answer

    async def _attempts(self, method: str, path: str, request: dict[str, Any]) -> Answer:
        begun = time.monotonic()
        attempt, in_doubt = 0, False
        while True:
            attempt += 1
            headers: Mapping[str, str] = {}
            try:
                response = await self._client.request(method, path, **request)
                if response.status_code not in RETRIED_STATUSES:
                    return Answer(response, in_doubt)
                fault, headers = f"{response.status_code}", response.headers
                in_doubt = in_doubt or response.status_code != httpx.codes.TOO_MANY_REQUESTS
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                fault = str(error) or type(error).__name__
            except httpx.TransportError as error:
                fault, in_doubt = str(error) or type(error).__name__, True
            wait = self._retry.wait_seconds(attempt, headers)
            if time.monotonic() + wait - begun > self._retry.total_seconds:
                raise PlatformUnreachableError(
                    f"{method} {self.gateway_url}{path} was not answered: {fault} ({attempt} attempts).",
                    remedy="Start the platform with `make up`, or see `make status`. Then run the demo again.",
                )
            await asyncio.sleep(wait)


def describe_problem(response: httpx.Response) -> str:
    """Say in one line what a problem (RFC 9457) says."""
    try:
        problem = response.json()
        fields = [
            f"{error.get('pointer') or error.get('parameter')}: {error.get('detail')}"
            for error in problem.get("errors") or []
        ]
        sentence = problem.get("detail") or problem.get("title") or ""
        return " ".join([f"{response.status_code} {problem.get('code', '')}: {sentence}", *fields])
    except (ValueError, AttributeError):
        return f"{response.status_code} {response.text[:200]}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
