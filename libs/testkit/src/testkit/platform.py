"""The whole platform as processes on a test session's servers, with the power to kill and revive each."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path

from platform_local.children import Child, start_child, stop_children, wait_until_ready
from platform_local.health import http_probe, smtp_probe
from platform_local.mail_catcher import read_folder
from platform_local.ports import HOST, free_ports
from platform_local.program import Program
from platform_local.programs import COMPONENTS, Component
from testkit.environments import ServiceEnvironment

_START_SECONDS = 90


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in: the e-mail address and the password."""

    email: str
    password: str


class RunningPlatform:
    """Every role of every component, started side by side.

    Parameters
    ----------
    environment
        Gives each component its variables.
    folder
        For logs and passwords; the caller removes it.
    settings
        Further variables for all, such as a smaller limit.
    """

    def __init__(
        self, environment: ServiceEnvironment, folder: Path, *, settings: dict[str, str] | None = None
    ) -> None:
        self._environment = environment
        self._folder = folder
        self._settings = settings or {}
        places = [(component, role) for component in COMPONENTS for role in component.ports]
        self._mails = folder / "mails"
        self._mail_port, *ports = free_ports(1 + len(places))
        self._ports = dict(zip([(c.package, role) for c, role in places], ports, strict=True))
        self._programs = {program.name: program for program in (self._program(*place) for place in places)}
        self._children: dict[str, Child] = {}
        self.administrator = self._account("administrator")
        self.reviewer = self._account("reviewer")

    @property
    def gateway_url(self) -> str:
        """Where clients go."""
        return f"http://{HOST}:{self._ports['gateway', 'serve']}"

    def service_url(self, package: str) -> str:
        """Where the gateway finds a service; people have no way there."""
        return f"http://{HOST}:{self._ports[package, 'serve']}"

    @property
    def names(self) -> list[str]:
        """The programs' names, such as ``catalog-relay``."""
        return list(self._programs)

    def start(self) -> None:
        """Make the index and the first accounts, start every program and wait until all are ready."""
        self._run("search_indexer", "migrate")
        self._children["mail"] = start_child(self._mail_program(), self.log("mail"))
        for program in self._programs.values():
            self._children[program.name] = start_child(program, self.log(program.name))
        for account, role in ((self.administrator, "administrator"), (self.reviewer, "reviewer")):
            self._ensure_user(account, role)
        wait_until_ready(list(self._children.values()))

    def kill(self, name: str) -> None:
        """SIGKILL a program and wait until it is gone."""
        process = self._children[name].process
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def revive(self, name: str) -> None:
        """Start a program that was killed, and wait until it is ready."""
        self.launch(name)
        wait_until_ready([self._children[name]])

    def launch(self, name: str, **settings: str) -> None:
        """Start a program that has ended, with further settings this time. Returns at once; see `is_ready`."""
        program = self._programs[name]
        program = replace(program, environment={**program.environment, **settings})
        self._children[name] = start_child(program, self.log(name))

    def has_ended(self, name: str) -> bool:
        """Tell whether a program does not run."""
        return self._children[name].process.poll() is not None

    def is_ready(self, name: str) -> bool:
        """Tell whether a program runs and says that it does its work."""
        return not self.has_ended(name) and self._programs[name].ready() is None

    def log(self, name: str) -> Path:
        """Return the file to which a program writes its log."""
        return self._folder / f"{name}.log"

    def mails_to(self, address: str) -> list[EmailMessage]:
        """Return the mails that were sent to an address, the oldest first."""
        return [mail for mail in read_folder(self._mails) if str(mail["to"]) == address]

    def stop(self) -> None:
        """Stop every program."""
        stop_children(list(self._children.values()))

    def _program(self, component: Component, role: str) -> Program:
        port = self._ports[component.package, role]
        return Program(
            name=component.program_name(role),
            command=(sys.executable, "-m", component.package, role),
            directory=Path.cwd(),
            ready=http_probe(port, "/readyz"),
            ports=(port,),
            environment={**self._variables(component.package), "PORT": str(port)},
            start_seconds=_START_SECONDS,
        )

    def _mail_program(self) -> Program:
        options = ("--port", str(self._mail_port), "--folder", str(self._mails))
        return Program(
            name="mail",
            command=(sys.executable, "-m", "platform_local.mail_catcher", *options),
            directory=Path.cwd(),
            ready=smtp_probe(self._mail_port),
            ports=(self._mail_port,),
            start_seconds=_START_SECONDS,
        )

    def _variables(self, package: str) -> dict[str, str]:
        variables = {**self._environment(package), **self._settings}
        if package == "auth":
            variables["SMTP_PORT"] = str(self._mail_port)
        if package == "publishing":
            variables["AUTH_URL"] = f"http://{HOST}:{self._ports['auth', 'serve']}"
        if package == "gateway":
            for component in COMPONENTS:
                if component.schema:
                    port = self._ports[component.package, "serve"]
                    variables[f"{component.package.upper()}_URL"] = f"http://{HOST}:{port}"
            variables["COOKIE_SECURE"] = "false"
        return variables

    def _account(self, name: str) -> Account:
        return Account(f"{name}@example.org", f"{name} of a test run")

    def _ensure_user(self, account: Account, role: str) -> None:
        password_file = self._folder / f"{role}.password"
        password_file.touch(mode=0o600)
        password_file.write_text(account.password, "utf-8")
        self._run(
            "auth", "ensure-user", "--email", account.email, "--password-file", str(password_file),
            "--role", role, "--name", role.title(),
        )  # fmt: skip

    def _run(self, package: str, *arguments: str) -> None:
        environment = {**os.environ, **self._variables(package)}
        subprocess.run([sys.executable, "-m", package, *arguments], env=environment, check=True)
