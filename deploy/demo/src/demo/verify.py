"""`python -m demo.verify`: check the catalogue itself, without the platform.

Every version is fetched, packaged, checked against the manifest's schema and run in the plugin host.
"""

import asyncio
import sys

from rich.console import Console

from demo.catalogue import catalogue
from demo.errors import DemoError
from demo.families import FAMILIES
from demo.node import find_node
from demo.packaging import PluginPackage
from demo.plugin_host import HostProcess
from demo.preparation import prepare
from demo.progress import Steps


async def verify(console: Console) -> int:
    """Run every version in the host; return how many do not activate as the catalogue says."""
    faults: list[str] = []
    slowest_ms = 0.0
    with Steps(console) as steps:
        plugins = await prepare(catalogue(), steps)
        packages = [package for plugin in plugins for package in plugin.packages]
        with steps.step("Running every version in the host", len(packages)) as advance:
            for package in packages:
                fault, activation_ms = await _try(package)
                faults += [fault] if fault else []
                slowest_ms = max(slowest_ms, activation_ms)
                advance(1)
    for fault in faults:
        console.print(f"✗ {fault}", highlight=False, markup=False)
    with_map = sum(package.source_map is not None for package in packages)
    console.print(
        f"{len(plugins)} packages, {len(packages)} versions, {with_map} with a source map; "
        f"{len(packages) - len(faults)} activate, the slowest in {slowest_ms:.0f} ms.",
        highlight=False,
    )
    return len(faults)


async def _try(package: PluginPackage) -> tuple[str | None, float]:
    host = await HostProcess.start(find_node())
    report = await host.activate(
        bundle=package.bundle, manifest=package.manifest, settings=FAMILIES[package.family].valid
    )
    name = f"{package.plugin_id} {package.version}"
    if report.error:
        return f"{name}: {report.error.code}: {report.error.message} ({report.error.at})", 0.0
    declared = {command["id"] for command in package.manifest.get("contributes", {}).get("commands", ())}
    lost = declared - set(report.commands)
    return (f"{name}: no command {', '.join(sorted(lost))}" if lost else None), report.activation_ms or 0.0


def main() -> int:
    """Run the check; the exit code is 0 where every version activates."""
    console = Console()
    try:
        return 1 if asyncio.run(verify(console)) else 0
    except DemoError as error:
        console.print(f"{error.what}\n{error.remedy}", highlight=False, markup=False)
        return 1


if __name__ == "__main__":
    sys.exit(main())
