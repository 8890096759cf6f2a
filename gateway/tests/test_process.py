"""The gateway as its own process, so that its memory can be looked at."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway_stand_ins.platform import INTERNAL_TOKEN
from gateway_stand_ins.running import free_port
from gateway_stand_ins.service import StandInService
from testkit.waiting import eventually

MEGABYTE = 1_048_576
UPLOADED = 20 * MEGABYTE
DOWNLOADED = 100 * MEGABYTE
IN_SOCKETS = 40 * MEGABYTE
"""The kernel's buffers of two connections may grow to about 10 MB each."""

HELD = 8 * MEGABYTE
"""What the gateway itself may hold of one transfer; it holds less than one."""

DOWNLOAD = "/api/v1/user/export"
UPLOAD = "/api/v1/developer/plugins/chart-kit/versions"


@dataclass
class GatewayProcess:
    url: str
    process: asyncio.subprocess.Process

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", int(self.url.rpartition(":")[2])

    def memory_bytes(self, which: str) -> int:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(which))


@pytest.fixture
async def gateway_process(redis_url: str, services: dict[str, StandInService]) -> AsyncIterator[GatewayProcess]:
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "REDIS_URL": redis_url,
        "INTERNAL_TOKEN": INTERNAL_TOKEN,
        "S3_ENDPOINT_URL": services["store"].url,
        "COOKIE_SECURE": "false",
        **{f"{name.upper()}_URL": services[name].url for name in ("auth", "catalog", "installs", "publishing")},
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "serve", env=environment, stdout=asyncio.subprocess.PIPE
    )
    url = f"http://127.0.0.1:{port}"

    async def is_ready() -> bool:
        try:
            async with httpx.AsyncClient() as client:
                await client.get(f"{url}/api/v1/user/warm-up")
                return (await client.get(f"{url}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    try:
        await eventually(is_ready, timeout_seconds=30)
        yield GatewayProcess(url, process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def produced(service: StandInService, path: str) -> list[int]:
    """Let the service give 100 MB at a path; the list grows by each piece it got rid of."""
    pieces: list[int] = []

    async def generate() -> AsyncIterator[bytes]:
        for _ in range(DOWNLOADED // 65_536):
            yield b"y" * 65_536
            pieces.append(65_536)
            await asyncio.sleep(0)  # else a server whose client has left never gets to notice it

    async def handler(_request: Request) -> Response:
        return StreamingResponse(generate(), headers={"content-length": str(DOWNLOADED)})

    service.on(path, handler)
    return pieces


async def until_still(count: Callable[[], int]) -> int:
    """Wait until a number has stopped growing, and give it."""
    last = [-1, 0]

    def is_still() -> bool:
        last[1] = last[1] + 1 if count() == last[0] else 0
        last[0] = count()
        return last[1] >= 4 and last[0] > 0

    await eventually(is_still)
    return last[0]


async def test_a_download_is_never_held_as_a_whole(
    gateway_process: GatewayProcess, services: dict[str, StandInService]
) -> None:
    pieces = produced(services["installs"], DOWNLOAD)
    before = gateway_process.memory_bytes("VmRSS")
    reader, writer = await asyncio.open_connection(*gateway_process.address, limit=65_536)
    writer.write(f"GET {DOWNLOAD} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    assert await until_still(lambda: sum(pieces)) < IN_SOCKETS
    assert len(await reader.readexactly(DOWNLOADED)) == DOWNLOADED
    writer.close()
    assert gateway_process.memory_bytes("VmHWM") - before < HELD


async def test_an_upload_is_never_held_as_a_whole(
    gateway_process: GatewayProcess,
    services: dict[str, StandInService],
    sign_in: Callable[..., Awaitable[str]],
    new_session: Callable[[], str],
) -> None:
    released = asyncio.Event()
    digests: list[str] = []

    async def handler(request: Request) -> Response:
        await released.wait()
        digest = hashlib.sha256()
        async for piece in request.stream():
            digest.update(piece)
        digests.append(digest.hexdigest())
        return Response("", 202)

    services["publishing"].on(UPLOAD, handler, reads_body=True)
    content = os.urandom(UPLOADED)
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for start in range(0, UPLOADED, 65_536):
            yield content[start : start + 65_536]
            sent += 65_536

    before = gateway_process.memory_bytes("VmRSS")
    cookie = f"sid={await sign_in(new_session())}"
    headers = {"cookie": cookie, "sec-fetch-site": "none", "content-length": str(UPLOADED)}
    async with httpx.AsyncClient(timeout=30) as client:
        call = asyncio.create_task(client.post(gateway_process.url + UPLOAD, headers=headers, content=pieces()))
        await until_still(lambda: sent)
        released.set()
        assert (await call).status_code == 202
    assert digests == [hashlib.sha256(content).hexdigest()]
    assert gateway_process.memory_bytes("VmHWM") - before < HELD


async def test_a_download_that_nobody_reads_any_more_is_stopped(
    gateway_process: GatewayProcess, services: dict[str, StandInService]
) -> None:
    pieces = produced(services["installs"], DOWNLOAD)
    reader, writer = await asyncio.open_connection(*gateway_process.address, limit=65_536)
    writer.write(f"GET {DOWNLOAD} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    await until_still(lambda: sum(pieces))
    writer.transport.abort()
    assert await until_still(lambda: sum(pieces)) < DOWNLOADED


async def test_fifty_slow_readers_cost_little_memory(
    gateway_process: GatewayProcess, services: dict[str, StandInService]
) -> None:
    pieces = produced(services["installs"], DOWNLOAD)
    before = gateway_process.memory_bytes("VmRSS")
    connections = [await asyncio.open_connection(*gateway_process.address, limit=16_384) for _ in range(50)]
    for reader, writer in connections:
        writer.write(f"GET {DOWNLOAD} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
    await until_still(lambda: sum(pieces))
    assert gateway_process.memory_bytes("VmHWM") - before < 64 * MEGABYTE
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{gateway_process.url}/livez")).status_code == 200
    for _, writer in connections:
        writer.transport.abort()


async def test_a_stop_lets_the_requests_under_way_finish(
    gateway_process: GatewayProcess, services: dict[str, StandInService]
) -> None:
    released = asyncio.Event()

    async def slow(_request: Request) -> Response:
        await released.wait()
        return Response("finished")

    services["installs"].on("/api/v1/user/plugins", slow)
    async with httpx.AsyncClient(timeout=20) as client:
        call = asyncio.create_task(client.get(f"{gateway_process.url}/api/v1/user/plugins"))
        await services["installs"].wait_for_calls("/api/v1/user/plugins", 1)
        gateway_process.process.send_signal(signal.SIGTERM)

        async def takes_no_more() -> bool:
            try:
                _, writer = await asyncio.open_connection(*gateway_process.address)
            except OSError:
                return True
            writer.close()
            return False

        await eventually(takes_no_more)
        released.set()
        assert (await call).text == "finished"
    async with asyncio.timeout(10):
        output, _ = await gateway_process.process.communicate()
    assert b"Traceback" not in output


async def test_a_stop_does_not_wait_for_open_streams(
    gateway_process: GatewayProcess, services: dict[str, StandInService]
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b":\n\n"
            await asyncio.sleep(0.05)

    async def stream(_request: Request) -> Response:
        return StreamingResponse(endless(), media_type="text/event-stream")

    services["catalog"].on("/api/v1/changes", stream)
    reader, writer = await asyncio.open_connection(*gateway_process.address)
    writer.write(b"GET /api/v1/changes HTTP/1.1\r\nhost: a\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    gateway_process.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(5):
        assert (await reader.read()).endswith(b"0\r\n\r\n"), "ended in order"
        output, _ = await gateway_process.process.communicate()
    writer.close()
    assert b"Traceback" not in output


async def test_a_taken_port_is_said_and_ends_the_process(gateway_process: GatewayProcess, redis_url: str) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PORT": str(gateway_process.address[1]),
        "REDIS_URL": redis_url,
        "INTERNAL_TOKEN": INTERNAL_TOKEN,
        "S3_ENDPOINT_URL": "http://127.0.0.1:1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "serve", env=environment, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(30):
        output, _ = await process.communicate()
    assert process.returncode not in {0, None}
    assert b"address already in use" in output
