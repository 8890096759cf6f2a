"""How much memory programs really take."""

from __future__ import annotations

from pathlib import Path


def tree_pss_mebibytes(pid: int) -> float:
    """Return the proportional set size of a process and all its descendants, in MiB.

    Shared pages count once, divided among those who share them (``/proc/<pid>/smaps_rollup``). A process that has
    ended or that we may not look at counts 0.
    """
    children = _children_by_parent()
    total_kibibytes, waiting = 0, [pid]
    while waiting:
        current = waiting.pop()
        total_kibibytes += _pss_kibibytes(current)
        waiting += children.get(current, [])
    return total_kibibytes / 1024


def _pss_kibibytes(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        return 0
    return 0


def _children_by_parent() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            # "pid (name) state parent …": the name may hold spaces and brackets
            parent = int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(process.name))
    return children
