"""What every step of the journey works with."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from demo.measurements import Findings
from demo.people import Accounts, Credentials, People, Person
from demo.preparation import Plugin
from demo.progress import Steps


@dataclass
class Visitor:
    """Somebody who comes without an account and opens one later.

    Parameters
    ----------
    person
        The connection and session.
    credentials
        The account that they will have.
    plugins
        What they install.
    """

    person: Person
    credentials: Credentials
    plugins: Sequence[Plugin]


@dataclass
class Stage:
    """The journey's surroundings and what it leaves from step to step.

    Parameters
    ----------
    plugins
        All plugins, as their developers have them.
    people
        Lets people in.
    accounts
        The demo's own accounts.
    reviewer
        The reviewer's credentials, made by `make up`.
    steps
        Shows progress.
    findings
        What is reported at the end.
    visitors
        Filled by the step that installs.
    """

    plugins: Sequence[Plugin]
    people: People
    accounts: Accounts
    reviewer: Credentials
    steps: Steps
    findings: Findings = field(default_factory=Findings)
    visitors: list[Visitor] = field(default_factory=list)

    @property
    def published(self) -> list[Plugin]:
        """The plugins of which the reviewer approves at least one version."""
        return [plugin for plugin in self.plugins if plugin.approved]
