"""A worker as a real process: it outlives failing tasks and closes when it is asked to stop."""

import asyncio
import signal
import sys

import httpx

from chassis.process import STALL_SECONDS, Heartbeat, _Pulse
from platform_local.ports import free_ports
from testkit.waiting import eventually

WORKER = """
import asyncio, sys
from chassis.process import Heartbeat, run_tasks

failures = 2

async def work():
    global failures
    if failures:
        failures -= 1
        raise RuntimeError("a server is away")
    print("working", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        print("closing", flush=True)

async def close():
    print("closed", flush=True)

run_tasks({"work": work}, host="127.0.0.1", port=int(sys.argv[1]), readiness={}, heartbeats=[Heartbeat()], close=close)
"""


async def test_a_worker_outlives_failures_answers_for_its_health_and_closes_on_sigterm() -> None:
    (port,) = free_ports(1)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, str(port), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        line = b""
        async with asyncio.timeout(60):
            while not line.startswith(b"working"):
                line = await process.stdout.readline()

        async def is_healthy() -> bool:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
                try:
                    answers = [await client.get(path) for path in ("/livez", "/readyz", "/metrics")]
                except httpx.TransportError:
                    return False
            return [answer.status_code for answer in answers] == [200, 200, 200]

        await eventually(is_healthy, timeout_seconds=30)
        process.send_signal(signal.SIGTERM)
        rest, _ = await asyncio.wait_for(process.communicate(), 30)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert rest.split() == [b"closing", b"closed"]
    assert process.returncode == 0


def test_a_task_that_waits_out_an_outage_keeps_every_heartbeat_alive() -> None:
    heartbeats = [Heartbeat(), Heartbeat()]
    for heartbeat in heartbeats:
        heartbeat._last -= 2 * STALL_SECONDS
    assert [heartbeat.is_alive() for heartbeat in heartbeats] == [False, False]
    _Pulse(heartbeats).beat()
    assert [heartbeat.is_alive() for heartbeat in heartbeats] == [True, True]
