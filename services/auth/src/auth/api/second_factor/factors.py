"""``/auth/second-factor``: what one has, adding and removing."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response, status

from auth.api.dependencies import FromCaller, Wired, Wiring
from auth.api.documents import SESSION_COOKIE, problem
from auth.api.second_factor.schemas import (
    AddSecurityKeyBody,
    ChangedFactorsView,
    ConfirmTotpBody,
    FactorsView,
    ProposedTotpView,
)
from auth.api.small_body import SmallBodyRoute
from auth.usecases.second_factor.factor_change import ChangedFactors
from chassis.app import API_PREFIX
from chassis.authorisation import permit
from contracts.identity import IdentityClaims

router = APIRouter(prefix=f"{API_PREFIX}/auth/second-factor", route_class=SmallBodyRoute, tags=["auth"])

_CHANGE = " Every other session of the account ends, and this one goes on under another id."
_CHANGED: dict[int | str, dict[str, Any]] = {
    200: {"description": "Changed", "headers": SESSION_COOKIE},
    401: problem("`unauthenticated`"),
    403: problem("`recent_authentication_required`"),
}
_FORBIDDEN = problem("`second_factor_wrong`; `recent_authentication_required`")

Reader = Annotated[IdentityClaims, Depends(permit("second-factor.read"))]
Changer = Annotated[IdentityClaims, Depends(permit("second-factor.change"))]


@router.get(
    "",
    summary="List my second factors",
    description="Gives what signing in takes beside the password. None of it can be used to sign in.",
    responses={200: {"description": "The second factors"}, 401: problem("`unauthenticated`")},
)
async def read_second_factor(response: Response, wiring: Wired, user: Reader) -> FactorsView:
    response.headers["cache-control"] = "no-store"
    return FactorsView.of(await wiring.second_factor.own_factors.show(user.sub))


@router.post(
    "/totp",
    status_code=status.HTTP_201_CREATED,
    summary="Begin to use one-time codes",
    description="Gives a secret for an app (RFC 6238). It counts once its first code is confirmed.",
    responses={
        201: {"description": "A secret, shown only once"},
        401: problem("`unauthenticated`"),
        403: problem("`recent_authentication_required`"),
        409: problem("`second_factor_exists`: the account has one-time codes already"),
    },
)
async def propose_totp(response: Response, wiring: Wired, user: Changer) -> ProposedTotpView:
    response.headers["cache-control"] = "no-store"
    return ProposedTotpView.of(await wiring.second_factor.enrolment.propose_totp(user.sub))


@router.post(
    "/totp/confirm",
    summary="Turn one-time codes on",
    description="Takes the app's first code. The first second factor comes with ten recovery codes." + _CHANGE,
    responses=_CHANGED | {403: _FORBIDDEN, 429: problem("`second_factor_limited`; see Retry-After")},
)
async def confirm_totp(
    body: ConfirmTotpBody, response: Response, wiring: Wired, caller: FromCaller, user: Changer
) -> ChangedFactorsView:
    changed = await wiring.second_factor.enrolment.confirm_totp(user.sub, body.code, caller)
    return _changed(changed, response, wiring)


@router.delete(
    "/totp",
    summary="Remove one-time codes",
    description="With the last second factor the recovery codes go, too." + _CHANGE,
    responses=_CHANGED | {404: problem("`second_factor_not_found`")},
)
async def remove_totp(response: Response, wiring: Wired, caller: FromCaller, user: Changer) -> ChangedFactorsView:
    changed = await wiring.second_factor.own_factors.remove_totp(user.sub, caller)
    return _changed(changed, response, wiring)


@router.post(
    "/webauthn/options",
    summary="Begin to add a security key",
    description="Gives what `navigator.credentials.create` takes; valid once, for five minutes, for this session.",
    responses={
        200: {"description": "Options (PublicKeyCredentialCreationOptionsJSON)"},
        401: problem("`unauthenticated`"),
        403: problem("`recent_authentication_required`"),
        409: problem("`second_factor_exists`: the account has as many keys as it may have"),
    },
)
async def begin_security_key(response: Response, wiring: Wired, caller: FromCaller, user: Changer) -> dict[str, Any]:
    response.headers["cache-control"] = "no-store"
    return await wiring.second_factor.enrolment.security_key_options(user.sub, caller)


@router.post(
    "/webauthn",
    summary="Add a security key",
    description="Takes the key's answer. The first second factor comes with ten recovery codes." + _CHANGE,
    responses=_CHANGED | {403: _FORBIDDEN, 409: problem("`second_factor_exists`")},
)
async def add_security_key(
    body: AddSecurityKeyBody, response: Response, wiring: Wired, caller: FromCaller, user: Changer
) -> ChangedFactorsView:
    changed = await wiring.second_factor.enrolment.add_security_key(
        user.sub, name=body.name, answer=json.dumps(body.credential), caller=caller
    )
    return _changed(changed, response, wiring)


@router.delete(
    "/webauthn/{key_id}",
    summary="Remove a security key",
    description="With the last second factor the recovery codes go, too." + _CHANGE,
    responses=_CHANGED | {404: problem("`second_factor_not_found`")},
)
async def remove_security_key(
    key_id: UUID, response: Response, wiring: Wired, caller: FromCaller, user: Changer
) -> ChangedFactorsView:
    changed = await wiring.second_factor.own_factors.remove_security_key(user.sub, key_id, caller)
    return _changed(changed, response, wiring)


@router.post(
    "/recovery-codes",
    summary="Replace my recovery codes",
    description="Gives ten new ones; the former ones are dead." + _CHANGE,
    responses=_CHANGED | {404: problem("`second_factor_not_found`: there is no second factor")},
)
async def renew_recovery_codes(
    response: Response, wiring: Wired, caller: FromCaller, user: Changer
) -> ChangedFactorsView:
    changed = await wiring.second_factor.own_factors.renew_recovery_codes(user.sub, caller)
    return _changed(changed, response, wiring)


def _changed(changed: ChangedFactors, response: Response, wiring: Wiring) -> ChangedFactorsView:
    wiring.cookies.set(response, changed.session.session_id, max_age_seconds=changed.session.ttl_seconds)
    return ChangedFactorsView.of(changed)
