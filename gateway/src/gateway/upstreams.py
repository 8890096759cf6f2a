"""The servers behind the gateway, each with its pool, its breaker and its time limits."""

import asyncio
from collections.abc import Mapping

import aiohttp
import structlog
from prometheus_client import Counter
from yarl import URL

from chassis.errors import ServiceUnavailableError
from gateway.body import Body, BodyStream
from gateway.breaker import Breaker
from gateway.headers import UpstreamHeaders
from gateway.upstream_answer import FAULTS, UpstreamAnswer

CONNECT_SECONDS = 2.0
KEEP_ALIVE_SECONDS = 3.0
"""Below the five seconds after which uvicorn closes an idle connection: a POST never meets one that is just closing."""

MAX_IN_FLIGHT = 512
"""Requests of one gateway process at one upstream, 10 times the peak rate of a process at 10 ms each."""

MAX_LIVE = 1_000
"""The same for streams and long polls, which cost next to nothing while they wait: as many as one catalog serves."""

READ_BUFFER_BYTES = 32_768
"""Beyond twice this the client stops reading from an upstream until what came has gone on."""

RETRY_PAUSE_SECONDS = 0.05
MAX_HEADER_BYTES = 16_384
"""A presigned address in a header is the longest, about 1 kB."""

FAILURES = Counter("upstream_failures_total", "Requests that an upstream did not answer", ("upstream",))

_log = structlog.get_logger()


def open_client() -> aiohttp.ClientSession:
    """Open the client that all upstreams share; call inside a running loop, close at the end."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        read_bufsize=READ_BUFFER_BYTES,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=None),
        max_line_size=MAX_HEADER_BYTES,
        max_field_size=MAX_HEADER_BYTES,
        trust_env=False,
    )


class Upstream:
    """One server.

    Parameters
    ----------
    name
        For messages, metrics and problems.
    base_url
        Scheme and authority, such as ``http://127.0.0.1:18002``.
    client
        From `open_client`.
    max_in_flight
        Requests at the same time.
    """

    def __init__(
        self, *, name: str, base_url: str, client: aiohttp.ClientSession, max_in_flight: int = MAX_IN_FLIGHT
    ) -> None:
        self.name = name
        self._base = base_url.rstrip("/")
        self._client = client
        self._breaker = Breaker(name, max_in_flight=max_in_flight)

    async def open(
        self,
        method: str,
        target: str,
        *,
        headers: UpstreamHeaders,
        timeout_seconds: float,
        body: Body = None,
    ) -> UpstreamAnswer:
        """Send a request and give the answer once its headers are there. The caller closes the answer.

        A refused connection is tried once more: nothing was sent. GET and HEAD on a connection that the server closed
        meanwhile are repeated by the client itself.

        Parameters
        ----------
        method, target
            The target is sent as it is, byte for byte.
        headers
            All but Host and Content-Length.
        timeout_seconds
            From the last byte sent to the first byte of the answer.
        body
            What to send.

        Raises
        ------
        ServiceUnavailableError
            There is no answer, or a server fault that says nothing. For GET and HEAD a retry is safe.
        PlatformError, ClientGoneError
            What the body raised while it was sent.
        """
        self._breaker.acquire()
        try:
            with self._breaker.attempt(FAULTS):
                response = await self._send(method, target, headers, timeout_seconds, body)
        except FAULTS as error:
            self._breaker.release()
            raise self._unavailable(error) from error
        except BaseException:
            self._breaker.release()
            raise
        answer = UpstreamAnswer.of(response, upstream=self.name, on_close=self._breaker.release)
        if answer.is_bare_fault:
            answer.close()
            _log.error("upstream_failed", upstream=self.name, status=answer.status, path=target.partition("?")[0])
            raise ServiceUnavailableError(self.name)
        return answer

    def _unavailable(self, error: BaseException) -> ServiceUnavailableError:
        FAILURES.labels(self.name).inc()
        _log.warning("upstream_unavailable", upstream=self.name, cause=repr(error)[:300])
        return ServiceUnavailableError(self.name, retry_after_seconds=2)

    async def _send(
        self, method: str, target: str, headers: UpstreamHeaders, timeout_seconds: float, body: Body
    ) -> aiohttp.ClientResponse:
        url = URL(self._base + target, encoded=True)
        if isinstance(body, BodyStream):
            return await self._send_stream(method, url, headers, timeout_seconds, body)
        async with asyncio.timeout(timeout_seconds):
            try:
                return await self._request(method, url, headers, body)
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(RETRY_PAUSE_SECONDS)
                return await self._request(method, url, headers, body)

    async def _send_stream(
        self, method: str, url: URL, headers: UpstreamHeaders, timeout_seconds: float, body: BodyStream
    ) -> aiohttp.ClientResponse:
        if body.content_length is not None:
            headers = [*headers, ("content-length", str(body.content_length))]
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout_seconds) as deadline:
                # A client may be slow: the time limit counts from the last piece that was sent.
                body.on_piece = lambda: deadline.reschedule(loop.time() + timeout_seconds)
                return await self._request(method, url, headers, body)
        except FAULTS:
            if body.error is not None:
                raise body.error from None
            raise
        finally:
            body.on_piece = lambda: None

    async def _request(self, method: str, url: URL, headers: UpstreamHeaders, body: Body) -> aiohttp.ClientResponse:
        return await self._client.request(method, url, headers=headers, data=body, allow_redirects=False)


Upstreams = Mapping[str, Upstream]
"""Name in the route table → server."""
