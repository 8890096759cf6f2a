"""What has to be true before services start: schemas, topics, buckets, index; and the first accounts after it.

Every step is idempotent. A stamp in the stack's home tells that nothing has to be done again.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from platform_local.buckets import BUCKETS, create_buckets, s3_client
from platform_local.errors import StepFailedError
from platform_local.ports import HOST
from platform_local.postgres_roles import DATABASE, ensure_roles_and_schemas
from platform_local.programs import COMPONENTS, Component, component_environment
from platform_local.servers.context import ServerContext
from platform_local.servers.postgres import admin_url
from platform_local.source_digest import source_digest
from platform_local.topics import create_topics

_STEP_SECONDS = 300


@dataclass(frozen=True)
class Step:
    """One named piece of preparation."""

    name: str
    run: Callable[[], str]


@dataclass(frozen=True)
class Workshop:
    """What the steps need: the stack's surroundings, the clone and its interpreter."""

    context: ServerContext
    python: Path
    root: Path


def server_side_steps(workshop: Workshop, components: Iterable[Component]) -> list[Step]:
    """Return the steps that may run side by side once servers work and roles exist."""
    chosen = list(components)
    migrations = [
        Step(f"migrate {component.name}", partial(_run_role, workshop, component, "migrate"))
        for component in chosen
        if component.schema or component.package == "search_indexer"
    ]
    return [
        *migrations,
        Step("topics", lambda: create_all_topics(workshop.context)),
        Step("buckets", lambda: create_all_buckets(workshop)),
    ]


def ensure_database(context: ServerContext) -> str:
    """Create the database, its roles and schemas, and say so."""
    ensure_roles_and_schemas(admin_url(context), DATABASE, context.secrets.postgres_roles)
    return "roles and schemas are in place"


def create_all_topics(context: ServerContext) -> str:
    """Create the topics that are missing and tell how many were."""
    new = asyncio.run(create_topics(f"{HOST}:{context.ports.kafka}"))
    return f"{new} new" if new else "all there"


def create_all_buckets(workshop: Workshop) -> str:
    """Create the buckets that are missing and name all."""
    secrets = workshop.context.secrets
    endpoint = f"http://{HOST}:{workshop.context.ports.s3}"
    client = s3_client(endpoint, secrets.s3_access_key_id, secrets.s3_secret_access_key)
    try:
        create_buckets(client, BUCKETS)
    finally:
        client.close()
    return ", ".join(BUCKETS)


def _run_role(workshop: Workshop, component: Component, role: str) -> str:
    run_component(workshop, component, [role])
    return "up to date"


def run_component(workshop: Workshop, component: Component, arguments: list[str]) -> None:
    """Run a one-off command of a component with its settings, keeping its output as a log.

    Raises
    ------
    StepFailedError
        Where it ends with an error or takes longer than five minutes.
    """
    name = f"{component.name} {arguments[0]}"
    log = workshop.context.paths.log(f"{component.name}-{arguments[0]}")
    environment = {**os.environ, **component_environment(component, workshop.context)}
    remedy = "Read the log, mend the cause and run the command again; every step may be repeated."
    with log.open("w") as output:
        try:
            status = subprocess.run(
                [str(workshop.python), "-m", component.package, *arguments],
                check=False,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env=environment,
                cwd=workshop.root,
                timeout=_STEP_SECONDS,
            ).returncode
        except subprocess.TimeoutExpired:
            raise StepFailedError(f"{name} did not end within {_STEP_SECONDS} s.", remedy=remedy, log=log) from None
    if status != 0:
        raise StepFailedError(f"{name} failed with status {status}.", remedy=remedy, log=log)


def is_prepared(workshop: Workshop) -> bool:
    """Tell whether the steps were last done with this very code, to this very data."""
    stamp = _stamp(workshop)
    return stamp.exists() and stamp.read_text() == _prepared_by(workshop)


def mark_prepared(workshop: Workshop) -> None:
    """Remember that all steps were done with this code."""
    _stamp(workshop).write_text(_prepared_by(workshop))


def _stamp(workshop: Workshop) -> Path:
    return workshop.context.paths.home / "prepared"


def _prepared_by(workshop: Workshop) -> str:
    """Name the code that did the steps and the data it did them to: data made anew has to be prepared anew."""
    code = source_digest(workshop.root, *(component.folder for component in COMPONENTS), "deploy/local")
    paths = workshop.context.paths
    marks = [paths.data("postgres") / "PG_VERSION", paths.data("kafka") / "meta.properties"]
    marks += [paths.data("opensearch"), paths.data("s3")]
    return "\n".join([code, *(f"{mark} {mark.stat().st_ino}" for mark in marks)])
