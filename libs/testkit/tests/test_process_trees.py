"""A signal reaches a whole tree of processes."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

from testkit.process_trees import signal_tree
from testkit.waiting import eventually

TREE = "setsid sleep 600 & echo $!; sleep 600 & echo $!; wait"


def state_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "gone"


def tree_of_three() -> subprocess.Popen[str]:
    return subprocess.Popen(["sh", "-c", TREE], stdout=subprocess.PIPE, text=True)


async def test_a_tree_is_stopped_continued_and_killed_whatever_sessions_it_is_in() -> None:
    with tree_of_three() as root:
        assert root.stdout is not None
        tree = [root.pid, *(int(root.stdout.readline()) for _ in range(2))]
        signal_tree(root.pid, signal.SIGSTOP)
        await eventually(lambda: {state_of(process) for process in tree} == {"T"})
        signal_tree(root.pid, signal.SIGCONT)
        await eventually(lambda: {state_of(process) for process in tree} == {"S"})
        signal_tree(root.pid, signal.SIGKILL)
        assert root.wait() == -signal.SIGKILL
        await eventually(lambda: {state_of(process) for process in tree} <= {"gone", "Z"})


async def test_a_paused_tree_goes_on_when_whoever_paused_it_is_killed() -> None:
    with tree_of_three() as root:
        program = f"from testkit.process_trees import pause_tree; pause_tree({root.pid}); print(flush=True); input()"
        pauser = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert pauser.stdout is not None
        await pauser.stdout.readline()
        assert state_of(root.pid) == "T"
        pauser.kill()
        await pauser.wait()
        await eventually(lambda: state_of(root.pid) == "S")
        signal_tree(root.pid, signal.SIGKILL)
