"""What routes need: the use cases that `main` put on the application, and whose request it is."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request

from chassis.authorisation import permit
from chassis.conditional import parse_if_match
from contracts.identity import IdentityClaims
from installs.domain.installs import Owner
from installs.usecases.change_install import ChangeInstall
from installs.usecases.install_plugin import InstallPlugin
from installs.usecases.read_installs import ReadInstalls
from installs.usecases.remove_install import RemoveInstall


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """Everything that the routes can do."""

    read: ReadInstalls
    install: InstallPlugin
    change: ChangeInstall
    remove: RemoveInstall


def use_cases(request: Request) -> UseCases:
    """Give the application's use cases."""
    found: UseCases = request.app.state.use_cases
    return found


def owner_of(identity: IdentityClaims) -> Owner:
    """Give the owner that an identity stands for."""
    return Owner(id=identity.sub, kind=identity.kind)


def owner_permitted(operation: str) -> Callable[[IdentityClaims], Coroutine[Any, Any, Owner]]:
    """Make a dependency that gives the calling owner where the policy permits an operation."""

    async def owner(identity: Annotated[IdentityClaims, Depends(permit(operation))]) -> Owner:
        return owner_of(identity)

    return owner


async def _use_cases(request: Request) -> UseCases:
    return use_cases(request)


async def _permitted(
    if_match: Annotated[
        str | None, Header(description="ETag of the state that the change is meant for; 412 where it moved on.")
    ] = None,
) -> frozenset[int] | None:
    return parse_if_match(if_match)


ReadingOwner = Annotated[Owner, Depends(owner_permitted("install.read"))]
Installing = Annotated[IdentityClaims, Depends(permit("install.create"))]
ChangingOwner = Annotated[Owner, Depends(owner_permitted("install.change"))]
Actions = Annotated[UseCases, Depends(_use_cases)]
PermittedRevisions = Annotated[frozenset[int] | None, Depends(_permitted)]
