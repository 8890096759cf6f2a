"""Requests to other servers by HTTP: bounded in time and size, never redirected."""

from collections.abc import Mapping

import aiohttp

from chassis.errors import ServiceUnavailableError

TIMEOUT_SECONDS = 3.0
MAX_ANSWER_BYTES = 256 * 1024
_CHUNK_BYTES = 16 * 1024


class Outbound:
    """One pool of connections; it opens with the first request."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self, method: str, url: str, *, name: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> tuple[int, bytes]:
        """Send a request and give status and body.

        Parameters
        ----------
        name
            Whom it is sent to, for errors.

        Raises
        ------
        ServiceUnavailableError
            There is no whole answer in time, or it is too large.
        """
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        sent = {"accept-encoding": "identity", **headers}
        try:
            async with self._session.request(method, url, headers=sent, data=body, allow_redirects=False) as answer:
                content = bytearray()
                async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
                    content += chunk
                    if len(content) > MAX_ANSWER_BYTES:
                        raise ServiceUnavailableError(name)
                return answer.status, bytes(content)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ServiceUnavailableError(name) from error

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
