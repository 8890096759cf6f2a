"""``/auth``: registering, signing in and out, and who one is."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from auth.api.dependencies import FromCaller, Wired
from auth.api.documents import SESSION_COOKIE, problem
from auth.api.mail_schemas import PROMISED, MailPromisedView
from auth.api.schemas import ChangePasswordBody, CsrfView, LoginBody, MeView, RegisterBody, SignedInView, UserView
from auth.api.small_body import SmallBodyRoute
from chassis.app import API_PREFIX
from chassis.authorisation import permit, permit_anyone
from chassis.errors import UnauthenticatedError
from contracts.csrf import csrf_token
from contracts.identity import RECENT_AUTHENTICATION_SECONDS, IdentityClaims

router = APIRouter(prefix=f"{API_PREFIX}/auth", route_class=SmallBodyRoute, tags=["auth"])


@router.post(
    "/register",
    dependencies=[Depends(permit_anyone("session.begin"))],
    status_code=status.HTTP_201_CREATED,
    summary="Open an account",
    description="Where the platform confirms registrations (REGISTRATION=confirmed), has a mail sent and answers 202,"
    " whether the address has an account or not; POST /api/v1/auth/register/confirm goes on. Else opens an account and"
    " signs it in; what an anonymous visitor installed before belongs to the account.",
    responses={
        201: {"description": "Opened and signed in", "headers": SESSION_COOKIE, "model": SignedInView},
        202: {"description": "A mail is on its way", "model": MailPromisedView},
        409: problem("`email_taken`; never where registrations are confirmed"),
        429: problem("`rate_limited`: too many accounts were opened from this network, or in all; see Retry-After"),
        422: problem("`request_invalid`; a password's faults are `password_length` and `password_common`"),
    },
)
async def register(
    body: RegisterBody, response: Response, wiring: Wired, caller: FromCaller
) -> SignedInView | MailPromisedView:
    password = body.password.get_secret_value()
    if wiring.mail.confirms_registrations:
        await wiring.mail.apply_for_account.execute(email=body.email, password=password, name=body.name, caller=caller)
        response.status_code = status.HTTP_202_ACCEPTED
        return PROMISED
    entered = await wiring.register_account.execute(email=body.email, password=password, name=body.name, caller=caller)
    wiring.cookies.set(response, entered.session.session_id, max_age_seconds=entered.session.ttl_seconds)
    return SignedInView.of(entered)


@router.post(
    "/login",
    dependencies=[Depends(permit_anyone("session.begin"))],
    summary="Sign in",
    description="Signs in by password. What an anonymous visitor installed before belongs to the account; what the"
    " account has already wins.",
    responses={
        200: {"description": "Signed in", "headers": SESSION_COOKIE},
        401: problem(
            "`credentials_invalid`: address or password is wrong; `second_factor_required`: both are right, go on with"
            " the members `challenge`, `methods` and, for security keys, `webauthn`"
        ),
        429: problem("`sign_in_limited`: too many failed attempts; see Retry-After"),
    },
)
async def login(body: LoginBody, response: Response, wiring: Wired, caller: FromCaller) -> SignedInView:
    entered = await wiring.sign_in.execute(email=body.email, password=body.password.get_secret_value(), caller=caller)
    wiring.cookies.set(response, entered.session.session_id, max_age_seconds=entered.session.ttl_seconds)
    return SignedInView.of(entered)


@router.post(
    "/logout",
    dependencies=[Depends(permit_anyone("session.begin"))],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Sign out",
    description="Ends the session of this request. Without a session nothing happens.",
    responses={204: {"description": "Signed out; the cookie is cleared"}},
)
async def logout(response: Response, wiring: Wired, caller: FromCaller) -> None:
    await wiring.sign_out.execute(caller)
    wiring.cookies.clear(response)


@router.put(
    "/password",
    summary="Change my password",
    description="Sets another password, ends every session of the account and opens a new one for this request. Failed"
    " attempts count together with those of signing in.",
    responses={
        200: {"description": "Changed, and signed in anew", "headers": SESSION_COOKIE},
        401: problem("`unauthenticated`"),
        403: problem("`password_wrong`: the present password is another; nothing has changed"),
        422: problem("`request_invalid`; a password's faults are `password_length` and `password_common`"),
        429: problem("`sign_in_limited`: too many failed attempts; see Retry-After"),
    },
)
async def change_password(
    body: ChangePasswordBody,
    response: Response,
    wiring: Wired,
    caller: FromCaller,
    user: Annotated[IdentityClaims, Depends(permit("account.password"))],
) -> SignedInView:
    entered = await wiring.change_password.execute(
        user_id=user.sub,
        present=body.present_password.get_secret_value(),
        new=body.new_password.get_secret_value(),
        caller=caller,
    )
    wiring.cookies.set(response, entered.session.session_id, max_age_seconds=entered.session.ttl_seconds)
    return SignedInView.of(entered)


@router.get(
    "/csrf",
    summary="Read my session's token for changes",
    description="Clients that send the session as a cookie, and neither `Origin` nor `Sec-Fetch-Site`, send this token"
    " as `X-CSRF-Token` with every change. Another session id has another token.",
    responses={200: {"description": "The token"}, 401: problem("`unauthenticated`")},
)
async def read_csrf_token(
    response: Response, caller: FromCaller, _identity: Annotated[IdentityClaims, Depends(permit("session.csrf"))]
) -> CsrfView:
    if caller.session_id is None:
        raise UnauthenticatedError("this address needs a session")
    response.headers["cache-control"] = "no-store"
    return CsrfView(token=csrf_token(caller.session_id))


@router.get(
    "/me",
    summary="Say who I am",
    description="Gives the signed-in account, the anonymous identity, or neither.",
    responses={200: {"description": "Who the caller is"}},
)
async def me(
    response: Response, wiring: Wired, identity: Annotated[IdentityClaims | None, Depends(permit_anyone("account.who"))]
) -> MeView:
    response.headers["cache-control"] = "no-store"
    if identity is None:
        return MeView(kind="none")
    if identity.kind == "anonymous":
        return MeView(kind="anonymous", anonymous_id=identity.sub)
    authenticated_at = datetime.fromtimestamp(identity.authenticated_at, UTC) if identity.authenticated_at else None
    return MeView(
        kind="user",
        user=UserView.of(await wiring.show_account.execute(identity.sub)),
        authenticated_at=authenticated_at,
        methods=list(identity.methods),
        recent_until=authenticated_at and authenticated_at + timedelta(seconds=RECENT_AUTHENTICATION_SECONDS),
    )
