"""Files: the service decides and describes, the object store gives the bytes.

A service answers 200 without body and with ``x-accel-redirect``, a presigned address in the object store. The gateway
fetches that address, and no other host's, and passes the bytes on under the service's headers.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import structlog

from chassis.errors import ServiceUnavailableError
from gateway.conditional import etag_matches
from gateway.errors import RangeNotSatisfiableError
from gateway.headers import UpstreamHeaders, find_header, without
from gateway.request import ClientRequest, Headers
from gateway.upstream_answer import UpstreamAnswer
from gateway.upstreams import Upstream

STORE_SECONDS = 10.0
_SINGLE_RANGE = re.compile(rb"bytes=(?:\d{1,18}-\d{0,18}|-\d{1,18})")
"""Several ranges in one request would multiply the work; they are answered with the whole file (RFC 9110, 14.2)."""

_TOTAL = re.compile(rb"bytes (?:\d+-\d+|\*)/(\d+)")
_FROM_STORE = (b"content-length", b"content-range")

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileConditions:
    """What of a file the client wants.

    Parameters
    ----------
    is_head
        The headers only.
    range, if_range, if_none_match
        The headers of these names.
    """

    is_head: bool = False
    range: bytes | None = None
    if_range: bytes | None = None
    if_none_match: bytes | None = None

    @classmethod
    def of(cls, request: ClientRequest) -> "FileConditions":
        """Read a request."""
        if request.method not in {"GET", "HEAD"}:
            return cls()
        return cls(
            is_head=request.method == "HEAD",
            range=request.find(b"range"),
            if_range=request.find(b"if-range"),
            if_none_match=request.find(b"if-none-match"),
        )


class InternalRedirects:
    """Follows internal redirects.

    Parameters
    ----------
    store
        The object store; its base address is the endpoint's scheme and authority.
    endpoint_url
        The only place a redirect may lead to.
    """

    def __init__(self, *, store: Upstream, endpoint_url: str) -> None:
        self._store = store
        endpoint = urlsplit(endpoint_url)
        self._scheme, self._authority = endpoint.scheme, endpoint.netloc
        self._root = endpoint.path.rstrip("/") + "/"

    async def follow(self, answer: UpstreamAnswer, conditions: FileConditions) -> UpstreamAnswer:
        """Give the file where the service asks for it, else the service's own answer.

        Parameters
        ----------
        answer
            The service's answer; closed where it is replaced.
        conditions
            What the client wants; validators are compared with the service's ETag, which the store does not know.

        Raises
        ------
        ServiceUnavailableError
            The store does not give the file; a retry is safe.
        RangeNotSatisfiableError
            The file is shorter than the range.
        """
        if answer.internal_redirect is None:
            return answer
        target = self._checked(answer.internal_redirect)
        await answer.read_up_to(0)
        answer.close()
        headers = [*without(answer.headers, *_FROM_STORE, b"accept-ranges"), (b"accept-ranges", b"bytes")]
        if answer.status != HTTPStatus.OK or target is None:
            raise ServiceUnavailableError(self._store.name)
        etag = find_header(headers, b"etag")
        if conditions.if_none_match is not None and etag_matches(conditions.if_none_match, etag):
            return UpstreamAnswer(
                upstream=self._store.name, response=None, status=HTTPStatus.NOT_MODIFIED, headers=headers
            )
        file = await self._store.open(
            "GET", target, headers=_store_headers(conditions, etag), timeout_seconds=STORE_SECONDS
        )
        try:
            return self._merged(file, headers, conditions, target)
        except BaseException:
            file.close()
            raise

    def _checked(self, address: str) -> str | None:
        """Give path and query of an address in the store; None, and a log line, for any other."""
        try:
            parts = urlsplit(address)
        except ValueError:
            parts = urlsplit("")
        path = parts.path
        is_below = path.startswith(self._root) and not {".", ".."} & set(path.split("/")) and "\\" not in path
        if (parts.scheme, parts.netloc) != (self._scheme, self._authority) or not is_below:
            _log.error("internal_redirect_refused", host=parts.netloc[:100])
            return None
        return f"{path}?{parts.query}" if parts.query else path

    def _merged(
        self, file: UpstreamAnswer, headers: Headers, conditions: FileConditions, target: str
    ) -> UpstreamAnswer:
        """Put the service's headers on the store's answer."""
        if file.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and not conditions.is_head:
            stated = find_header(file.headers, b"content-range") or b"bytes */*"
            raise RangeNotSatisfiableError(content_range=stated.decode("latin-1"))
        is_empty = conditions.is_head and file.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        if file.status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT} and not is_empty:
            # The presigned query is a credential and stays out of the log.
            _log.error("object_not_given", status=file.status, path=target.partition("?")[0])
            raise ServiceUnavailableError(self._store.name)
        described = _only(file.headers, *_FROM_STORE)
        if conditions.is_head:
            total = _TOTAL.fullmatch(find_header(described, b"content-range") or b"")
            length = total[1] if total else b"0"
            described = [(b"content-length", length)]
            file.status = HTTPStatus.OK
        if find_header(headers, b"content-security-policy") is None:
            # A stranger's file under the platform's own address must never run as a page.
            headers = [*headers, (b"content-security-policy", b"default-src 'none'; sandbox")]
        file.headers = [*headers, *described]
        return file


def _store_headers(conditions: FileConditions, etag: bytes | None) -> UpstreamHeaders:
    headers = [("accept-encoding", "identity")]
    if conditions.is_head:
        # The address is signed for GET; one byte tells the length and leaves the connection usable.
        headers.append(("range", "bytes=0-0"))
    elif (
        conditions.range is not None
        and _SINGLE_RANGE.fullmatch(conditions.range)
        and conditions.if_range in {None, etag}
    ):
        headers.append(("range", conditions.range.decode("ascii")))
    return headers


def _only(headers: Headers, *names: bytes) -> Headers:
    return [(name, value) for name, value in headers if name in names]
