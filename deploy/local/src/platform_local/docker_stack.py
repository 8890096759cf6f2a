"""The same platform in containers: ``make up STACK=docker``.

Docker runs the programs; roles, topics, buckets and first accounts are made from here, by the same code as without
containers. Nothing but a Docker engine with Compose 2 is needed beside the Python environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from platform_local.accounts import write_private
from platform_local.board import Board
from platform_local.errors import LocalPlatformError, MissingToolError, NotReadyError, StepFailedError
from platform_local.ports import HOST, gateway_port
from platform_local.postgres_roles import SERVICE_ROLES
from platform_local.preparation import create_all_buckets, create_all_topics, ensure_database
from platform_local.program import Program
from platform_local.programs import COMPONENTS, PASSED_ON
from platform_local.seed import FIRST_ACCOUNTS, write_credentials
from platform_local.servers.all import RECIPES, prepare_probes
from platform_local.stack import Stack, open_stack, service_programs

_COMPOSE_FILE = Path("deploy/compose/compose.yaml")
_POLL_SECONDS = 0.5


class DockerStack:
    """Compose with this stack's file and variables."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._home = stack.context.paths.home
        self.log = stack.context.paths.log("docker-compose")

    def run(self, arguments: Sequence[str], *, failing: str, remedy: str) -> None:
        """Run a Compose command with its output in the log.

        Raises
        ------
        StepFailedError
            Where it ends with an error; `failing` and `remedy` are its sentences.
        """
        with self.log.open("a") as output:
            status = subprocess.run(
                self.command(arguments), check=False, stdout=output, stderr=output, stdin=subprocess.DEVNULL
            ).returncode
        if status != 0:
            raise StepFailedError(failing, remedy=remedy, log=self.log)

    def command(self, arguments: Sequence[str]) -> list[str]:
        """Return the whole command line of a Compose command."""
        file = self._stack.workshop.root / _COMPOSE_FILE
        base = ["docker", "compose", "--file", str(file), "--env-file", str(self._home / "compose.env")]
        return [*base, "--project-name", f"plugin-platform-{self._home.name}", *arguments]

    def write_variables(self) -> None:
        """Write what the compose file asks for into a file that only its owner reads."""
        secrets = self._stack.context.secrets
        owner = secrets.internal_token_file.stat()
        variables = {
            "POSTGRES_PASSWORD": secrets.postgres_admin,
            **{f"{role.upper()}_DATABASE_PASSWORD": secrets.postgres_roles[role] for role in SERVICE_ROLES},
            "REDIS_PASSWORD": secrets.redis,
            "S3_ACCESS_KEY_ID": secrets.s3_access_key_id,
            "S3_SECRET_ACCESS_KEY": secrets.s3_secret_access_key,
            "SECRETS_DIR": str(secrets.internal_token_file.parent),
            "SECRETS_UID": str(owner.st_uid),
            "SECRETS_GID": str(owner.st_gid),
            "GATEWAY_PORT": str(gateway_port()),
            **{name: os.environ[name] for name in PASSED_ON if os.environ.get(name)},
        }
        text = "".join(f"{name}='{value}'\n" for name, value in variables.items())
        write_private(self._home / "compose.env", text, None)


def bring_up_in_containers(console: Console) -> None:
    """Start everything in containers; every step may be repeated.

    Raises
    ------
    LocalPlatformError
        Where Docker is missing, an image cannot be had, or a program does not become ready.
    """
    stack = open_stack()
    docker = DockerStack(stack)
    docker.write_variables()
    _require_docker()
    docker.run(["config", "--quiet"], failing="The compose file is not valid.", remedy=f"Mend {_COMPOSE_FILE}.")
    remedy = "See whether this engine reaches its registry; without containers: make up"
    with Board(console) as board:
        board.begin("images", "pulling the servers', building ours")
        docker.run(["pull", "--quiet", *RECIPES], failing="An official image could not be pulled.", remedy=remedy)
        docker.run(["build", "--quiet"], failing="An image of ours could not be built.", remedy="Read the log.")
        board.done("images", "there")
        _start(board, docker, prepare_probes(stack.context))
        board.begin("database, topics, buckets", "making what is missing")
        ensure_database(stack.context)
        create_all_topics(stack.context)
        create_all_buckets(stack.workshop)
        board.done("database, topics, buckets", "there")
        for component in COMPONENTS:
            if component.schema or component.package == "search_indexer":
                board.begin(f"migrate {component.name}", "running")
                _run_once(docker, component.program_name(next(iter(component.ports))), ["migrate"])
                board.done(f"migrate {component.name}", "up to date")
        _start(board, docker, service_programs(stack, COMPONENTS))
        board.begin("first accounts", "making")
        for account in FIRST_ACCOUNTS:
            secret = Path("/run/secrets") / f"{account.role}-password"
            _run_once(docker, "auth-serve", account.command(secret))
        board.done("first accounts", str(write_credentials(stack.workshop)))
    url = f"http://{HOST}:{gateway_port()}"
    console.print(
        f"\n[bold green]The platform is up[/] in containers\n  gateway   [bold]{url}[/]\n  API docs  {url}/docs"
    )


def run_in_containers(command: str, name: str, *, sure: bool) -> int:
    """Run a command other than ``up`` on the containers and return the exit status.

    Raises
    ------
    LocalPlatformError
        Where Docker is missing, or a reset is not confirmed.
    """
    _require_docker()
    stack = open_stack()
    docker = DockerStack(stack)
    docker.write_variables()
    if command == "reset":
        if not sure and not (sys.stdin.isatty() and input("Delete all containers and data? [y/N] ").lower() == "y"):
            raise LocalPlatformError("Nothing was deleted.", remedy="Say so with: make reset STACK=docker YES=1")
        status = subprocess.run(docker.command(["down", "--volumes"]), check=False).returncode
        shutil.rmtree(stack.context.paths.home, ignore_errors=True)
        return status
    programs = [program.name for program in service_programs(stack, COMPONENTS)] + list(RECIPES)
    chosen = [each for each in programs if not name or each == name or each.startswith(f"{name}-")]
    follow = ["--follow"] if sys.stdout.isatty() else []
    arguments = {
        "status": ["ps", "--all"],
        "logs": ["logs", "--tail", "100", *follow, *chosen],
        "restart": ["restart", *chosen],
        "stop": ["stop", *chosen],
        "start": ["start", *chosen],
        "down": ["down"],
    }[command]
    return subprocess.run(docker.command(arguments), check=False).returncode


def _require_docker() -> None:
    if shutil.which("docker") is None:
        raise MissingToolError("docker is not installed.", remedy="Install it, or run without containers: make up")
    for arguments, what in ((["compose", "version"], "Docker Compose 2 is missing"), (["info"], "No engine answers")):
        result = subprocess.run(["docker", *arguments], check=False, capture_output=True, text=True)
        if result.returncode != 0:
            reason = (result.stderr.strip() or result.stdout.strip()).splitlines()[-1:] or [""]
            raise MissingToolError(f"{what}: {reason[0]}", remedy="Mend that, or run without containers: make up")


def _start(board: Board, docker: DockerStack, programs: Sequence[Program]) -> None:
    """Start containers and wait for the same probes as without them."""
    names = [program.name for program in programs]
    for name in names:
        board.begin(name, "starting")
    docker.run(
        ["up", "--detach", "--no-build", *names], failing="Containers could not be started.", remedy="Read the log."
    )
    started_at = time.monotonic()
    for program in programs:
        while reason := program.ready():
            if time.monotonic() - started_at > program.start_seconds:
                raise NotReadyError(
                    f"The container {program.name} is not ready: {reason}.",
                    remedy=f"See make logs STACK=docker S={program.name}",
                )
            board.says(program.name, reason)
            time.sleep(_POLL_SECONDS)
        board.done(program.name, "ready")


def _run_once(docker: DockerStack, container: str, arguments: Sequence[str]) -> None:
    docker.run(
        ["run", "--rm", "--no-TTY", "--no-deps", container, *arguments],
        failing=f"{container} {arguments[0]} failed.",
        remedy="Read the log, mend the cause and run the command again; every step may be repeated.",
    )
