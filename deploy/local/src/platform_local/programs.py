"""The table of our own processes: what runs, where it answers, what it is told."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from platform_local.buckets import BUNDLE_BUCKET, QUARANTINE_BUCKET, REGION
from platform_local.health import http_probe
from platform_local.ports import HOST, gateway_port, port_offset
from platform_local.postgres_roles import DATABASE, role_url
from platform_local.program import Program
from platform_local.servers.context import ServerContext
from platform_local.servers.postgres import admin_url
from platform_local.source_digest import source_digest

SEARCH_ALIAS = "plugins"
_USERS_OF_REDIS = {"auth", "search_indexer", "gateway"}
_USERS_OF_OBJECTS = {"catalog", "publishing"}
LIMITS = "registration-address=10000/3600 registration-total=10000/60"
"""On one machine everybody comes from one address, and the demonstration opens many accounts."""

# Settings that a person may override for all services by the environment of `make up`.
PASSED_ON = (
    "LOG_LEVEL",
    "TRUSTED_ISSUERS",
    "BUNDLE_MAX_BYTES",
    "SOURCE_MAP_MAX_BYTES",
    "MANIFEST_MAX_BYTES",
    "SESSION_TTL_SECONDS",
    "SESSION_MAX_LIFE_SECONDS",
    "SESSIONS_PER_ACCOUNT",
    "LIMITS",
    "REGISTRATION",
    "BUNDLE_CDN_URL",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
)


@dataclass(frozen=True)
class Component:
    """One of our packages with its long-running roles.

    Parameters
    ----------
    package
        Import name; ``python -m <package> <role>`` runs a role.
    folder
        Where it lies in the repository.
    ports
        Role -> port on which it answers ``/livez`` and ``/readyz``, before the stack's offset.
    schema
        Whether it owns a database role and schema.
    """

    package: str
    folder: str
    ports: dict[str, int]
    schema: bool = False

    @property
    def name(self) -> str:
        """The package's name as people write it."""
        return self.package.replace("_", "-")

    def program_name(self, role: str) -> str:
        """Return the name of one role's process: just the component's where it has no other role."""
        return self.name if len(self.ports) == 1 else f"{self.name}-{role}"


COMPONENTS = (
    Component("auth", "services/auth", {"serve": 18001, "relay": 18101}, schema=True),
    Component("catalog", "services/catalog", {"serve": 18002, "work": 18202, "relay": 18102}, schema=True),
    Component("installs", "services/installs", {"serve": 18003, "work": 18203, "relay": 18103}, schema=True),
    Component("publishing", "services/publishing", {"serve": 18004, "work": 18204, "relay": 18104}, schema=True),
    Component("search_indexer", "services/search-indexer", {"work": 18205}),
    Component("gateway", "gateway", {"serve": 8080}),
)


def component_environment(component: Component, context: ServerContext) -> dict[str, str]:
    """Return the settings of a component, the same for all its roles; secrets only where they belong."""
    ports, secrets = context.ports, context.secrets
    variables = {
        "HOST": HOST,
        "LOG_LEVEL": "info",
        "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{ports.kafka}",
        "TOPIC_PREFIX": "",
        "OPENSEARCH_URL": f"http://{HOST}:{ports.opensearch}",
        "SEARCH_ALIAS": SEARCH_ALIAS,
        "S3_ENDPOINT_URL": f"http://{HOST}:{ports.s3}",
        "S3_REGION": REGION,
        "S3_QUARANTINE_BUCKET": QUARANTINE_BUCKET,
        "S3_BUNDLE_BUCKET": BUNDLE_BUCKET,
        "IDENTITY_PUBLIC_KEY_FILE": str(secrets.identity_public_key_file),
    }
    if component.schema:
        password = secrets.postgres_roles[component.package]
        variables["DATABASE_URL"] = role_url(admin_url(context), DATABASE, component.package, password)
    if component.package in _USERS_OF_REDIS:
        variables["REDIS_URL"] = f"redis://:{secrets.redis}@{HOST}:{ports.redis}/0"
    if component.package in _USERS_OF_OBJECTS:
        variables["S3_ACCESS_KEY_ID"] = secrets.s3_access_key_id
        variables["S3_SECRET_ACCESS_KEY"] = secrets.s3_secret_access_key
    if component.package == "auth":
        variables["IDENTITY_PRIVATE_KEY_FILE"] = str(secrets.identity_private_key_file)
        variables["SECOND_FACTOR_KEY_FILE"] = str(secrets.second_factor_key_file)
        variables["PUBLIC_ORIGIN"] = f"http://localhost:{gateway_port()}"  # browsers use security keys at no address
        variables["COOKIE_SECURE"] = "false"
        variables["LIMITS"] = LIMITS
        variables |= _mail_variables(context)
    if component.package in {"auth", "gateway", "publishing"}:
        variables["INTERNAL_TOKEN_FILE"] = str(secrets.internal_token_file)
    if component.package == "publishing":
        variables["AUTH_URL"] = f"http://{HOST}:{role_port(COMPONENTS[0], 'serve')}"
        variables["TRUSTED_ISSUERS"] = "[]"
    if component.package == "gateway":
        variables["COOKIE_SECURE"] = "false"
        for other in COMPONENTS:
            if other.schema:
                address = f"http://{HOST}:{role_port(other, 'serve')}"
                variables[f"{other.package.upper()}_URL"] = address
    return variables | {name: os.environ[name] for name in PASSED_ON if os.environ.get(name)}


def _mail_variables(context: ServerContext) -> dict[str, str]:
    return {
        "REGISTRATION": "open",
        "SMTP_HOST": HOST,
        "SMTP_PORT": str(context.ports.mail),
        "SMTP_TLS": "none",
        "MAIL_FROM": "Plugin Platform <no-reply@example.org>",
    }


def role_port(component: Component, role: str) -> int:
    """Return the port of a role in this stack."""
    if component.package == "gateway":
        return gateway_port()
    return component.ports[role] + port_offset()


def component_programs(
    components: Iterable[Component], context: ServerContext, *, python: Path, root: Path, user: str | None
) -> list[Program]:
    """Return the processes of components.

    Parameters
    ----------
    python
        The virtual environment's interpreter.
    root
        The clone.
    user
        The system user that they run as; None for the current one.
    """
    return [
        Program(
            name=component.program_name(role),
            command=(str(python), "-m", component.package, role),
            directory=root,
            ready=http_probe(role_port(component, role), "/readyz"),
            ports=(role_port(component, role),),
            environment={
                **component_environment(component, context),
                "PORT": str(role_port(component, role)),
                # Changed code makes a changed program, which the next `make up` restarts.
                "PLATFORM_SOURCE_DIGEST": source_digest(root, component.folder),
            },
            user=user,
            start_seconds=180,  # thirteen interpreters start at once, on two cores perhaps
        )
        for component in components
        for role in component.ports
    ]
