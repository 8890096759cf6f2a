"""``/auth/verification``, ``/auth/password-reset``, ``/auth/register/confirm``: what goes by mail."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response, status

from auth.api.dependencies import FromCaller, Wired
from auth.api.documents import problem
from auth.api.mail_schemas import (
    PROMISED,
    ConfirmPasswordResetBody,
    ConfirmRegistrationBody,
    MailPromisedView,
    PasswordResetBody,
    TokenBody,
)
from auth.api.schemas import SignedInView
from auth.api.small_body import SmallBodyRoute
from chassis.app import API_PREFIX
from chassis.authorisation import permit, permit_anyone
from contracts.identity import IdentityClaims

router = APIRouter(prefix=f"{API_PREFIX}/auth", route_class=SmallBodyRoute, tags=["auth"])

_INVALID: dict[str, Any] = problem("`mail_token_invalid`: unknown, used, over, or not of the newest mail")
_LIMITED: dict[str, Any] = problem("`rate_limited`: see Retry-After")


@router.post(
    "/verification",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Send the mail that confirms my address",
    description="Its code is good for 24 hours; earlier ones are not any more. Nothing is sent where the address is"
    " confirmed already.",
    responses={202: {"description": "On its way"}, 401: problem("`unauthenticated`"), 429: _LIMITED},
)
async def request_verification(
    wiring: Wired, caller: FromCaller, user: Annotated[IdentityClaims, Depends(permit("account.verification"))]
) -> MailPromisedView:
    await wiring.mail.request_mail.verification(user_id=user.sub, caller=caller)
    return PROMISED


@router.post(
    "/verification/confirm",
    dependencies=[Depends(permit_anyone("account.by-mail"))],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Confirm an address",
    description="Takes the code of the mail; no session is needed.",
    responses={204: {"description": "Confirmed"}, 400: _INVALID, 429: _LIMITED},
)
async def confirm_verification(body: TokenBody, wiring: Wired, caller: FromCaller) -> None:
    await wiring.mail.confirm_address.execute(body.token.get_secret_value(), caller=caller)


@router.post(
    "/password-reset",
    dependencies=[Depends(permit_anyone("account.by-mail"))],
    status_code=status.HTTP_202_ACCEPTED,
    summary="Send the mail that resets a password",
    description="The answer is the same whether the address has an account or not. The code is good for 30 minutes;"
    " earlier ones are not any more.",
    responses={202: {"description": "On its way, where there is such an account"}, 429: _LIMITED},
)
async def request_password_reset(body: PasswordResetBody, wiring: Wired, caller: FromCaller) -> MailPromisedView:
    await wiring.mail.request_mail.password_reset(email=body.email, caller=caller)
    return PROMISED


@router.post(
    "/password-reset/confirm",
    dependencies=[Depends(permit_anyone("account.by-mail"))],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Set another password by mail",
    description="Takes the code of the mail, ends every session of the account, and signs nobody in.",
    responses={
        204: {"description": "Set"},
        400: _INVALID,
        422: problem("`request_invalid`; a password's faults are `password_length` and `password_common`"),
        429: _LIMITED,
    },
)
async def confirm_password_reset(body: ConfirmPasswordResetBody, wiring: Wired, caller: FromCaller) -> None:
    await wiring.mail.reset_password.execute(
        body.token.get_secret_value(), new_password=body.new_password.get_secret_value(), caller=caller
    )


@router.post(
    "/register/confirm",
    dependencies=[Depends(permit_anyone("account.by-mail"))],
    status_code=status.HTTP_201_CREATED,
    summary="Open an account by its mail",
    description="Takes the code of the mail and the password that was chosen, opens the account and signs it in. What"
    " an anonymous visitor installed before belongs to the account.",
    responses={
        201: {"description": "Opened and signed in"},
        400: _INVALID,
        401: problem("`credentials_invalid`: the password is another; the code stays good"),
        429: _LIMITED,
    },
)
async def confirm_registration(
    body: ConfirmRegistrationBody, response: Response, wiring: Wired, caller: FromCaller
) -> SignedInView:
    entered = await wiring.mail.confirm_registration.execute(
        body.token.get_secret_value(), password=body.password.get_secret_value(), caller=caller
    )
    wiring.cookies.set(response, entered.session.session_id, max_age_seconds=entered.session.ttl_seconds)
    return SignedInView.of(entered)
