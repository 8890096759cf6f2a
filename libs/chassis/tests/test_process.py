"""A worker as a real process: it outlives failing tasks and closes when it is asked to stop."""

import asyncio
import signal
import sys

import httpx

from chassis.process import STALL_SECONDS, Heartbeat, Task, keep_running
from platform_local.ports import free_ports
from testkit.waiting import eventually

WORKER = """
import asyncio, sys
from chassis.process import Heartbeat, Task, run_tasks

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

run_tasks({"work": Task(work, Heartbeat())}, host="127.0.0.1", port=int(sys.argv[1]), readiness={}, close=close)
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


async def test_a_task_that_fails_again_and_again_beats_for_itself_and_for_no_other() -> None:
    failing, hanging = Heartbeat(), Heartbeat()
    for heartbeat in (failing, hanging):
        heartbeat._last -= 2 * STALL_SECONDS
    failures = 0

    async def fail() -> None:
        nonlocal failures
        failures += 1
        raise RuntimeError("a server is away")

    tasks = [
        asyncio.create_task(keep_running("failing", Task(fail, failing))),
        asyncio.create_task(keep_running("hanging", Task(asyncio.Event().wait, hanging))),  # type: ignore[arg-type]
    ]
    try:
        await eventually(lambda: failures >= 2)
        assert (failing.is_alive(), hanging.is_alive()) == (True, False)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


STALLED = """
import asyncio, sys
from chassis import process

process.STALL_SECONDS = 2.0

async def fail():
    raise RuntimeError("a server is away")

async def hang():
    await asyncio.Event().wait()

tasks = {"failing": process.Task(fail, process.Heartbeat()), "hanging": process.Task(hang, process.Heartbeat())}
process.run_tasks(tasks, host="127.0.0.1", port=int(sys.argv[1]), readiness={})
"""


async def test_a_task_that_hangs_beside_one_that_fails_makes_the_process_not_alive() -> None:
    (port,) = free_ports(1)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STALLED, str(port), stdout=asyncio.subprocess.DEVNULL
    )

    async def is_stalled() -> bool:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            try:
                return (await client.get("/livez")).status_code == 503
            except httpx.TransportError:
                return False

    try:
        await eventually(is_stalled, timeout_seconds=60)
    finally:
        process.kill()
        await process.wait()
