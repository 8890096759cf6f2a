"""The local stack as its commands see it: folders, accounts, programs."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from platform_local.accounts import SYSTEM_USER, ensure_server_user, make_folder
from platform_local.errors import LocalPlatformError, StepFailedError
from platform_local.java import ensure_java
from platform_local.mails import mail_program
from platform_local.paths import repository_root, stack_paths
from platform_local.ports import server_ports
from platform_local.preparation import Workshop
from platform_local.program import Program
from platform_local.programs import COMPONENTS, Component, component_programs
from platform_local.secrets import ensure_secrets
from platform_local.servers.all import prepare_probes
from platform_local.servers.context import ServerContext

SERVERS_ONLY = "servers"
"""Named instead of components: the five servers, prepared, and nothing of ours."""


@dataclass(frozen=True)
class Stack:
    """Everything that `make up` works with.

    Parameters
    ----------
    service_user
        The system user that our services run as; None for the current one.
    """

    workshop: Workshop
    service_user: str | None

    @property
    def context(self) -> ServerContext:
        """The servers' surroundings."""
        return self.workshop.context


def open_stack() -> Stack:
    """Make the stack's folders and secrets where they are missing and return it.

    Raises
    ------
    LocalPlatformError
        Where folders cannot be made.
    """
    paths = stack_paths()
    try:
        make_folder(paths.cache, None, mode=0o755)
        make_folder(paths.home, None, mode=0o755)
        make_folder(paths.logs, None, mode=0o755)
        user = ensure_server_user()
        context = ServerContext(
            paths=paths,
            ports=server_ports(),
            secrets=ensure_secrets(paths.secrets, user),
            user=user,
            java=ensure_java(paths.cache),
        )
    except OSError as error:
        raise LocalPlatformError(
            f"The folders of the stack cannot be made: {error}.",
            remedy="Free the disk, or set PLATFORM_DATA_DIR and PLATFORM_CACHE_DIR to folders of your own.",
        ) from error
    root = repository_root()
    workshop = Workshop(context=context, python=Path(sys.executable), root=root)
    return Stack(workshop=workshop, service_user=user if user and _can_run(user, workshop) else None)


def chosen_components(only: Sequence[str]) -> list[Component]:
    """Return the components of these names, checked to be there: all where none is named, none for ``servers``.

    Raises
    ------
    LocalPlatformError
        Where a name is unknown.
    StepFailedError
        Where a component is not installed in this interpreter.
    """
    known = {component.name: component for component in COMPONENTS}
    unknown = sorted(set(only) - {*known, SERVERS_ONLY})
    if unknown:
        raise LocalPlatformError(
            f"There is no {unknown[0]}.", remedy=f"There are {', '.join(known)}; and {SERVERS_ONLY}."
        )
    chosen = [component for component in COMPONENTS if not only or component.name in only]
    for component in chosen:
        if not (repository_root() / component.folder / "src" / component.package / "__main__.py").exists():
            raise StepFailedError(
                f"{component.name} is missing: {component.folder} holds no program.",
                remedy="Complete the clone, or name what shall run with ONLY=auth,catalog.",
            )
    return chosen


def service_programs(stack: Stack, components: Sequence[Component]) -> list[Program]:
    """Return the processes of components as this stack runs them, with the mail catcher beside auth."""
    workshop = stack.workshop
    programs = component_programs(
        components, workshop.context, python=workshop.python, root=workshop.root, user=stack.service_user
    )
    if any(component.package == "auth" for component in components):
        programs.insert(0, mail_program(workshop.context, python=workshop.python, user=stack.service_user))
    return programs


def probed_programs(stack: Stack) -> list[Program]:
    """Return every program of the stack for its name and probe, without preparing any server."""
    return [*prepare_probes(stack.context), *service_programs(stack, COMPONENTS)]


def _can_run(user: str, workshop: Workshop) -> bool:
    """Tell whether a user may run the interpreter and read the clone: both may lie below a private folder."""
    entry = pwd.getpwnam(user)
    try:
        result = subprocess.run(
            [str(workshop.python), "-c", "import contracts"],
            check=False,
            capture_output=True,
            user=entry.pw_uid,
            group=entry.pw_gid,
            extra_groups=[],
            cwd="/",
            env={"PATH": os.defpath},
        )
    except OSError:
        return False
    return result.returncode == 0


def service_user_note(stack: Stack) -> str | None:
    """Return a line for people where services have to run as root."""
    if stack.context.user and not stack.service_user:
        return f"services run as root: the user {SYSTEM_USER} cannot enter {stack.workshop.root} or its Python"
    return None
