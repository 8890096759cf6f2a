"""``/admin/accounts``: administrators find accounts and change their roles."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from auth.api.dependencies import FromCaller, Wired
from auth.api.documents import problem
from auth.api.schemas import UserView
from auth.api.small_body import SmallBodyRoute
from auth.domain.emails import MAX_EMAIL_LENGTH, Email, EmailInvalidError, parse_email
from auth.domain.organisation_errors import AccountNotFoundError
from chassis.app import API_PREFIX
from chassis.authorisation import permit
from chassis.errors import FieldError, RequestInvalidError
from contracts.identity import IdentityClaims, Role

router = APIRouter(prefix=f"{API_PREFIX}/admin/accounts", route_class=SmallBodyRoute, tags=["administration"])


class RolesBody(BaseModel):
    """All roles that an account is to have; `user` it has anyway."""

    model_config = ConfigDict(extra="forbid")

    roles: list[Role] = Field(max_length=10)


class AccountsView(BaseModel):
    """The accounts that were found: one, or none."""

    items: list[UserView]


async def _email(email: Annotated[str, Query(max_length=MAX_EMAIL_LENGTH, description="The whole address")]) -> Email:
    try:
        return parse_email(email)
    except EmailInvalidError as error:
        raise RequestInvalidError(
            "this is no e-mail address",
            errors=[FieldError(parameter="email", code="email_invalid", detail=str(error))],
        ) from error


async def _user_id(user_id: Annotated[str, Path(description="The account's id (UUID)")]) -> UUID:
    try:
        return UUID(user_id)
    except ValueError as error:
        raise AccountNotFoundError("no account has this id") from error


@router.get("", summary="Find an account by its address")
async def find_accounts(
    response: Response,
    wiring: Wired,
    _: Annotated[IdentityClaims, Depends(permit("account.find"))],
    email: Annotated[Email, Depends(_email)],
) -> AccountsView:
    response.headers["cache-control"] = "private, no-store"
    found = await wiring.administer_roles.find(email)
    return AccountsView(items=[] if found is None else [UserView.of(found)])


@router.put(
    "/{user_id}/roles",
    summary="Change an account's roles",
    description="With effect at once. More roles end the account's sessions; fewer are rewritten into them.",
    responses={404: problem("`account_not_found`"), 409: problem("`last_administrator`")},
)
async def change_roles(
    body: RolesBody,
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    user_id: Annotated[UUID, Depends(_user_id)],
    administrator: Annotated[IdentityClaims, Depends(permit("account.roles"))],
) -> UserView:
    response.headers["cache-control"] = "private, no-store"
    account = await wiring.administer_roles.execute(
        administrator_id=administrator.sub, user_id=user_id, roles=tuple(body.roles), caller=caller
    )
    return UserView.of(account)
