"""Small probes: each returns None when the server really answers, else why not."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable

from platform_local.ports import HOST

Probe = Callable[[], str | None]

_TIMEOUT_SECONDS = 3.0
_REDIS_ANSWER = b"+OK\r\n+PONG\r\n"
# size (4 bytes), correlation id (4), error code (2): 0 is none
_KAFKA_NO_ERROR_AT = slice(8, 10)


def http_probe(port: int, path: str, *, accepted: range = range(200, 300)) -> Probe:
    """Return a probe that wants an HTTP answer of an accepted status."""

    def probe() -> str | None:
        connection = http.client.HTTPConnection(HOST, port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read(300).decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            return f"no answer on port {port} ({str(error) or type(error).__name__})"
        finally:
            connection.close()
        return None if response.status in accepted else f"{path} answers {response.status} {body}".strip()

    return probe


def redis_probe(port: int, password: str) -> Probe:
    """Return a probe that signs in and wants PONG (not LOADING)."""

    def probe() -> str | None:
        try:
            with socket.create_connection((HOST, port), timeout=_TIMEOUT_SECONDS) as connection:
                connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
                answer = b""
                while len(answer) < len(_REDIS_ANSWER):
                    part = connection.recv(512)
                    if not part:
                        break
                    answer += part
        except OSError as error:
            return f"no answer on port {port} ({error})"
        return None if answer == _REDIS_ANSWER else f"answers {answer[:80]!r}"

    return probe


def kafka_probe(port: int) -> Probe:
    """Return a probe that sends ApiVersions v0 and wants error code 0: the broker serves requests."""
    # size, api key 18, version 0, correlation id 1, client id "probe"
    request = b"\x00\x00\x00\x0f" + b"\x00\x12\x00\x00\x00\x00\x00\x01\x00\x05probe"

    def probe() -> str | None:
        try:
            with socket.create_connection((HOST, port), timeout=_TIMEOUT_SECONDS) as connection:
                connection.sendall(request)
                answer = connection.recv(64)
        except OSError as error:
            return f"no answer on port {port} ({error})"
        return None if answer[_KAFKA_NO_ERROR_AT] == b"\x00\x00" else f"answers {answer[:16]!r}"

    return probe


def opensearch_probe(port: int) -> Probe:
    """Return a probe that wants a cluster which can take data."""
    return http_probe(port, "/_cluster/health?wait_for_status=yellow&timeout=2s")


def smtp_probe(port: int) -> Probe:
    """Return a probe that wants the greeting of an SMTP server."""

    def probe() -> str | None:
        try:
            with socket.create_connection((HOST, port), timeout=_TIMEOUT_SECONDS) as connection:
                greeting = connection.recv(512)
                connection.sendall(b"QUIT\r\n")
        except OSError as error:
            return f"no answer on port {port} ({error})"
        return None if greeting.startswith(b"220") else f"answers {greeting[:80]!r}"

    return probe


def s3_probe(port: int) -> Probe:
    """Return a probe that wants any answer: an unsigned request is refused, which shows that the server works."""
    return http_probe(port, "/", accepted=range(200, 500))
