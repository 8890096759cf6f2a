"""``/auth/tokens``: making, listing and revoking API tokens, and reporting leaked ones."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response, status

from auth.api.dependencies import FromCaller, Wired
from auth.api.documents import problem
from auth.api.small_body import SmallBodyRoute
from auth.api.token_schemas import (
    CreatedTokenView,
    LeaksBody,
    LeaksView,
    NewTokenBody,
    TokensView,
    TokenView,
)
from auth.domain.tokens.errors import TokenNotFoundError
from chassis.app import API_PREFIX
from chassis.authorisation import permit, permit_anyone
from contracts.identity import IdentityClaims

router = APIRouter(prefix=f"{API_PREFIX}/auth/tokens", route_class=SmallBodyRoute, tags=["tokens"])


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Make an API token",
    description="For command lines and CI. It does what its scopes name, as far as its account may at that moment.",
    responses={
        201: {"description": "Made; the secret is shown this once"},
        401: problem("`unauthenticated`"),
        403: problem("`recent_authentication_required`; `scope_not_usable`: the account itself may not do that"),
        409: problem("`too_many_tokens`: 50 at most"),
    },
)
async def create_token(
    body: NewTokenBody,
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    user: Annotated[IdentityClaims, Depends(permit("token.create"))],
) -> CreatedTokenView:
    response.headers["cache-control"] = "no-store"
    issued = await wiring.tokens.own.create(
        user.sub,
        name=body.name,
        scopes=body.scopes,
        life=timedelta(days=body.expires_in_days),
        source_ranges=body.source_ranges,
        caller=caller,
    )
    return CreatedTokenView.of_issued(issued)


@router.get(
    "",
    summary="List my API tokens",
    description="Gives those that have not expired, the newest first, without their secrets.",
    responses={200: {"description": "The tokens"}, 401: problem("`unauthenticated`")},
)
async def list_tokens(
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    user: Annotated[IdentityClaims, Depends(permit("token.list"))],
) -> TokensView:
    response.headers["cache-control"] = "no-store"
    return TokensView(tokens=[TokenView.of(token) for token in await wiring.tokens.own.show(user.sub, caller)])


@router.delete(
    "/{token_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Revoke one of my API tokens",
    description="Ends it, everywhere within a second.",
    responses={
        204: {"description": "Revoked"},
        401: problem("`unauthenticated`"),
        404: problem("`token_not_found`: the account has no such token"),
    },
)
async def revoke_token(
    token_id: str,
    wiring: Wired,
    caller: FromCaller,
    user: Annotated[IdentityClaims, Depends(permit("token.revoke"))],
) -> None:
    try:
        wanted = UUID(token_id)
    except ValueError as error:
        raise TokenNotFoundError("no token has such an id") from error
    await wiring.tokens.own.revoke(user.sub, wanted, caller)


@router.post(
    "/leaks",
    dependencies=[Depends(permit_anyone("token.report-leak"))],
    status_code=status.HTTP_202_ACCEPTED,
    summary="Report leaked API tokens",
    description="For whoever finds one, secret scanners included: takes one token, or a list of up to 100 as GitHub's"
    " secret scanning sends it. A token that there is ends at once and its owner is told. The answer is always the"
    " same.",
    responses={
        202: {"description": "Taken"},
        429: problem("`rate_limited`: too many reports from this network, or in all; see Retry-After"),
    },
)
async def report_leaks(body: LeaksBody, wiring: Wired, caller: FromCaller) -> LeaksView:
    await wiring.tokens.report_leaks.execute(body.tokens(), caller)
    return LeaksView()
