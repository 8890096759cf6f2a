"""``/auth/login/second-factor`` and ``/auth/step-up``: presenting a second factor."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from auth.api.dependencies import FromCaller, Wired
from auth.api.documents import SESSION_COOKIE, problem
from auth.api.schemas import SignedInView
from auth.api.second_factor.schemas import SecondStepBody, StepUpBody
from auth.api.small_body import SmallBodyRoute
from chassis.app import API_PREFIX
from chassis.authorisation import permit, permit_anyone
from contracts.identity import IdentityClaims

router = APIRouter(prefix=f"{API_PREFIX}/auth", route_class=SmallBodyRoute, tags=["auth"])


@router.post(
    "/login/second-factor",
    dependencies=[Depends(permit_anyone("session.begin"))],
    summary="Sign in with a second factor",
    description="Ends a sign-in that was answered with `second_factor_required`. Only now is there a session, and only"
    " now does what an anonymous visitor installed belong to the account.",
    responses={
        200: {"description": "Signed in", "headers": SESSION_COOKIE},
        401: problem("`second_factor_invalid`; `challenge_ended`: sign in anew"),
        429: problem("`second_factor_limited`: too many failed attempts; see Retry-After"),
    },
)
async def login_with_second_factor(
    body: SecondStepBody, response: Response, wiring: Wired, caller: FromCaller
) -> SignedInView:
    entered = await wiring.second_factor.second_step.finish(challenge=body.challenge, proof=body.proof(), caller=caller)
    wiring.cookies.set(response, entered.session.session_id, max_age_seconds=entered.session.ttl_seconds)
    return SignedInView.of(entered)


@router.post(
    "/step-up",
    summary="Prove again who I am",
    description="What needs a recent authentication (`recent_authentication_required`) is permitted for ten minutes"
    " after this. The session goes on under another id: what came before is dead.",
    responses={
        200: {"description": "Proved", "headers": SESSION_COOKIE},
        401: problem("`unauthenticated`"),
        403: problem("`password_wrong`; `password_not_enough`: there is a second factor; `second_factor_wrong`"),
        429: problem("`sign_in_limited` or `second_factor_limited`: too many failed attempts; see Retry-After"),
    },
)
async def step_up(
    body: StepUpBody,
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    user: Annotated[IdentityClaims, Depends(permit("session.step-up"))],
) -> SignedInView:
    cases = wiring.second_factor
    if body.password is not None:
        entered = await cases.step_up.by_password(user.sub, body.password.get_secret_value(), caller)
    else:
        entered = await cases.step_up.by_second_factor(user.sub, body.proof(), caller)
    wiring.cookies.set(response, entered.session.session_id, max_age_seconds=entered.session.ttl_seconds)
    return SignedInView.of(entered)


@router.post(
    "/step-up/webauthn",
    summary="Begin a proof by security key",
    description="Gives what `navigator.credentials.get` takes; valid once, for five minutes, for this session.",
    responses={
        200: {"description": "Options (PublicKeyCredentialRequestOptionsJSON)"},
        401: problem("`unauthenticated`"),
        404: problem("`second_factor_not_found`: the account has no security key"),
    },
)
async def begin_step_up_by_key(
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    user: Annotated[IdentityClaims, Depends(permit("session.step-up"))],
) -> dict[str, Any]:
    response.headers["cache-control"] = "no-store"
    return await wiring.second_factor.step_up.webauthn_options(user.sub, caller)
