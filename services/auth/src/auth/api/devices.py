"""``/auth/device``: signing in on a device without a browser (RFC 8628, with JSON bodies)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from auth.api.dependencies import FromCaller, Wired
from auth.api.device_schemas import (
    DeviceCodeBody,
    DeviceCodeView,
    DeviceDecisionBody,
    DeviceRequestView,
    DeviceTokenBody,
    DeviceTokenView,
)
from auth.api.documents import problem
from auth.api.small_body import SmallBodyRoute
from chassis.app import API_PREFIX
from chassis.authorisation import permit, permit_anyone
from contracts.identity import IdentityClaims

router = APIRouter(prefix=f"{API_PREFIX}/auth/device", route_class=SmallBodyRoute, tags=["device login"])


@router.post(
    "/code",
    dependencies=[Depends(permit_anyone("device.begin"))],
    summary="Begin a device login",
    description="Gives a code that a person types at the verification address, and a secret with which the device asks"
    " whether they have.",
    responses={200: {"description": "Begun"}, 429: problem("`rate_limited`; see Retry-After")},
)
async def begin(body: DeviceCodeBody, response: Response, wiring: Wired, caller: FromCaller) -> DeviceCodeView:
    response.headers["cache-control"] = "no-store"
    begun = await wiring.tokens.device_login.begin(client_name=body.client_name, scopes=body.scopes, caller=caller)
    return DeviceCodeView.of(begun)


@router.post(
    "/token",
    dependencies=[Depends(permit_anyone("device.begin"))],
    summary="Ask for the device's token",
    description="To be repeated at the interval. Gives the token once, as soon as somebody has permitted it. The"
    " member `error` of a problem is RFC 8628's.",
    responses={
        200: {"description": "The token"},
        400: problem("`authorization_pending`, `slow_down`, `access_denied`, `expired_token`"),
    },
)
async def poll(body: DeviceTokenBody, response: Response, wiring: Wired, caller: FromCaller) -> DeviceTokenView:
    response.headers["cache-control"] = "no-store"
    return DeviceTokenView.of(await wiring.tokens.device_login.poll(body.device_code, caller))


@router.get(
    "/{user_code}",
    summary="See what a device asks for",
    description="For whoever types the code, before they decide.",
    responses={
        200: {"description": "What it asks for, and from where"},
        401: problem("`unauthenticated`"),
        404: problem("`device_login_not_found`"),
        429: problem("`rate_limited`: too many wrong codes; see Retry-After"),
    },
)
async def show(
    user_code: str,
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    user: Annotated[IdentityClaims, Depends(permit("device.show"))],
) -> DeviceRequestView:
    response.headers["cache-control"] = "no-store"
    return DeviceRequestView.of(await wiring.tokens.device_login.show(user.sub, user_code, caller))


@router.post(
    "/{user_code}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Permit or deny a device",
    description="Permitted, the device gets an API token of this account with the scopes that it asked for.",
    responses={
        204: {"description": "Decided"},
        401: problem("`unauthenticated`"),
        403: problem("`recent_authentication_required`; `scope_not_usable`: the account itself may not do that"),
        404: problem("`device_login_not_found`"),
        429: problem("`rate_limited`: too many wrong codes; see Retry-After"),
    },
)
async def decide(
    user_code: str,
    body: DeviceDecisionBody,
    wiring: Wired,
    caller: FromCaller,
    user: Annotated[IdentityClaims, Depends(permit("device.decide"))],
) -> None:
    await wiring.tokens.device_login.decide(user.sub, user_code, approve=body.approve, caller=caller)
