"""The table of `make status`."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from platform_local.memory import tree_pss_mebibytes
from platform_local.paths import stack_paths
from platform_local.supervisor import Supervisor

_COLOURS = {"RUNNING": "green", "STARTING": "yellow", "BACKOFF": "yellow", "STOPPED": "dim"}


def show_status(console: Console) -> bool:
    """Print every program's state, process id and memory.

    Returns
    -------
    bool
        Whether the stack is up and every program runs.
    """
    supervisor = Supervisor(stack_paths())
    processes = supervisor.processes()
    if not processes:
        console.print("The platform is not running. Start it with [bold]make up[/].")
        return False
    table = Table("program", "state", "pid", "since", caption_justify="left")
    table.add_column("PSS MiB", justify="right")
    total = 0.0
    for each in processes:
        memory = tree_pss_mebibytes(each.pid) if each.pid else 0.0
        total += memory
        colour = _COLOURS.get(each.state, "red")
        since = each.description.partition("uptime ")[2] or each.description
        table.add_row(each.name, f"[{colour}]{each.state}[/]", str(each.pid or ""), since, f"{memory:.0f}")
    table.add_section()
    table.add_row("sum", "", "", "", f"{total:.0f}")
    console.print(table)
    return all(each.state == "RUNNING" for each in processes)
