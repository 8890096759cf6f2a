"""Users run their plugins: each in a new host process, timed from the request for the installs on."""

import asyncio
import hashlib
import time
from typing import Any

from demo.errors import CheckFailedError
from demo.journey.stage import Stage, Visitor
from demo.node import Node, find_node
from demo.plugin_host import HostProcess, HostReport
from demo.preparation import Plugin

_ACTIVATIONS_EACH = 5


async def activate(stage: Stage) -> None:
    """Activate some plugins of every user, one after the other, each cold.

    Cold means: a client that has nothing but its session, and a host process that is started for this plugin.

    Raises
    ------
    CheckFailedError
        A plugin does not become active.
    """
    node = find_node()
    chosen = [(visitor, plugin) for visitor in stage.visitors for plugin in visitor.plugins[:_ACTIVATIONS_EACH]]
    guarded = True
    with stage.steps.step("Activating plugins cold", len(chosen)) as advance:
        for visitor, plugin in chosen:
            begun = time.monotonic()
            report = await _activate(visitor, plugin, node)
            stage.findings.activated.seconds.append(time.monotonic() - begun)
            stage.findings.count("plugins activated in a host process")
            stage.findings.count("commands offered by them", len(report.commands))
            guarded = guarded and report.has_permission_model
            advance(1)
    if not guarded:
        version = ".".join(map(str, node.version))
        stage.findings.notes.append(f"Node {version} has no permission model: plugins ran without that guard.")


async def _activate(visitor: Visitor, plugin: Plugin, node: Node) -> HostReport:
    # The process starts while the bundle is on its way, as a client would do it.
    starting = asyncio.create_task(HostProcess.start(node))
    try:
        bundle, manifest, settings = await _fetch(visitor, plugin)
        report = await (await starting).activate(bundle=bundle, manifest=manifest, settings=settings)
    finally:
        await (await starting).stop()
    if report.error:
        raise CheckFailedError(
            f"{plugin.name} does not become active: {report.error.code}: {report.error.message}.",
            remedy="Try it by `python -m demo.verify`.",
        )
    return report


async def _fetch(visitor: Visitor, plugin: Plugin) -> tuple[bytes, dict[str, Any], dict[str, Any]]:
    """Get the bundle, manifest and settings of the user's install through the gateway; the checksum is verified."""
    installs = {item["plugin_id"]: item for item in await visitor.person.installing.installs()}
    mine = installs[plugin.id]
    browsing = visitor.person.browsing
    async with asyncio.TaskGroup() as group:
        detail = group.create_task(browsing.version(plugin.id, mine["version"]))
        bundle = group.create_task(browsing.download(mine["plugin"]["bundle_url"]))
    content = bundle.result().response.content
    if hashlib.sha256(content).hexdigest() != detail.result()["sha256"]:
        raise CheckFailedError(f"The bundle of {plugin.name} is damaged.", remedy="See `make logs S=gateway`.")
    return content, detail.result()["manifest"], mine["settings"]
