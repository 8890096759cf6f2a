"""The refusals of this service, each with its stable code."""

from collections.abc import Mapping

from chassis.errors import ErrorKind, PlatformError


class EmailTakenError(PlatformError):
    """An account has this address already; nothing was written."""

    code = "email_taken"
    kind = ErrorKind.CONFLICT
    title = "The e-mail address has an account already"
    default_remedy = "Sign in with POST /api/v1/auth/login, or use another address."


class CredentialsInvalidError(PlatformError):
    """Address or password is wrong; which of them is never said."""

    code = "credentials_invalid"
    kind = ErrorKind.UNAUTHENTICATED
    title = "E-mail address or password is wrong"
    default_remedy = "Check both, and try again; POST /api/v1/auth/register opens an account."


class PresentPasswordWrongError(PlatformError):
    """The present password, which a change of it asks for, is wrong; the session stays, nothing was changed."""

    code = "password_wrong"
    kind = ErrorKind.FORBIDDEN
    title = "The present password is wrong"
    default_remedy = "Check it, and try again."


class SecondFactorRequiredError(PlatformError):
    """Address and password are right, and the account has a second factor; nobody is signed in yet.

    Parameters
    ----------
    extensions
        The sign-in's ``challenge``, the ``methods`` that may be presented, and what security keys need.
    """

    code = "second_factor_required"
    kind = ErrorKind.UNAUTHENTICATED
    title = "A second factor is needed to sign in"
    default_remedy = "Send 'challenge' and a code to POST /api/v1/auth/login/second-factor."

    def __init__(self, *, extensions: Mapping[str, object]) -> None:
        super().__init__("the password is right; show a second factor within five minutes")
        self.extensions = extensions


class SignInChallengeEndedError(PlatformError):
    """The sign-in that waited for a second factor is unknown, over, done, or was tried too often."""

    code = "challenge_ended"
    kind = ErrorKind.UNAUTHENTICATED
    title = "The sign-in is over"
    default_remedy = "Sign in anew with POST /api/v1/auth/login."


class SecondFactorInvalidError(PlatformError):
    """What was presented to sign in is not right, or was used before; nobody is signed in."""

    code = "second_factor_invalid"
    kind = ErrorKind.UNAUTHENTICATED
    title = "The second factor is not right"
    default_remedy = "Wait for the next code and try again; five attempts are taken, then sign in anew."


class SecondFactorWrongError(PlatformError):
    """What a signed-in account presented is not right, or was used before; the session stays, nothing was changed."""

    code = "second_factor_wrong"
    kind = ErrorKind.FORBIDDEN
    title = "The second factor is not right"
    default_remedy = "Wait for the next code, or begin anew with the security key, and try again."


class PasswordNotEnoughError(PlatformError):
    """The account has a second factor, so a password alone proves nothing; nothing was changed."""

    code = "password_not_enough"
    kind = ErrorKind.FORBIDDEN
    title = "The account has a second factor"
    default_remedy = "Send a code, a recovery code or the answer of a security key."


class SecondFactorLimitedError(PlatformError):
    """Too many second factors of the account were wrong of late; this one was not even looked at."""

    code = "second_factor_limited"
    kind = ErrorKind.LIMITED
    title = "Too many failed attempts with a second factor"
    default_remedy = "Wait for the seconds given in Retry-After, then try again."


class SecondFactorExistsError(PlatformError):
    """The account has it already, or as many as it may have; nothing was written."""

    code = "second_factor_exists"
    kind = ErrorKind.CONFLICT
    title = "The account has this second factor already"
    default_remedy = "Remove one first; GET /api/v1/auth/second-factor lists them."


class SecondFactorNotFoundError(PlatformError):
    """The account has no such second factor; nothing was changed."""

    code = "second_factor_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "The account has no such second factor"
    default_remedy = "See GET /api/v1/auth/second-factor."


class SignInLimitedError(PlatformError):
    """Too many attempts failed of late; the password was not even looked at."""

    code = "sign_in_limited"
    kind = ErrorKind.LIMITED
    title = "Too many failed attempts to sign in"
    default_remedy = "Wait for the seconds given in Retry-After, then try again."


class RateLimitedError(PlatformError):
    """Too many requests of this kind of late; nothing was done."""

    code = "rate_limited"
    kind = ErrorKind.LIMITED
    title = "Too many requests"
    default_remedy = "Wait for the seconds given in Retry-After, then try again."


class MailTokenInvalidError(PlatformError):
    """The token is none of ours, was used, is over, or a newer one was sent; nothing was changed."""

    code = "mail_token_invalid"
    kind = ErrorKind.MALFORMED
    title = "The code from the mail is not valid"
    default_remedy = "Use the newest mail, or ask for another one."


class MailRefusedError(PlatformError):
    """The mail server will never take this mail; a retry is useless."""

    code = "mail_refused"
    title = "The mail server refuses the mail"


class PasswordWorkBusyError(PlatformError):
    """More passwords wait to be hashed than can be soon; nothing was changed, a retry is safe."""

    code = "sign_in_busy"
    kind = ErrorKind.UNAVAILABLE
    title = "Too many people sign in at this moment"
    default_remedy = "Try again after the seconds given in Retry-After."


class SessionEndedError(PlatformError):
    """The session does not exist, is over, or belonged to a visitor who has become an account."""

    code = "unauthenticated"
    kind = ErrorKind.UNAUTHENTICATED
    title = "The session is over"
    default_remedy = "Sign in again with POST /api/v1/auth/login."


class SessionNotFoundError(PlatformError):
    """The account has no open session of this id; nothing was changed."""

    code = "session_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "The account has no such session"
    default_remedy = "List the open sessions with GET /api/v1/auth/sessions."


class DeveloperExistsError(PlatformError):
    """The account has a developer profile of other content; nothing was written."""

    code = "developer_exists"
    kind = ErrorKind.CONFLICT
    title = "The account is a developer's already"
    default_remedy = "Read the profile with GET /api/v1/developer/profile."


class DeveloperProfileNotFoundError(PlatformError):
    """The account has no developer profile."""

    code = "developer_profile_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "The account has no developer profile"
    default_remedy = "Make one with POST /api/v1/developer/register."


class DeletionNotConfirmedError(PlatformError):
    """The address in the request is not the account's; nothing was changed."""

    code = "deletion_not_confirmed"
    kind = ErrorKind.CONFLICT
    title = "This is not the account's e-mail address"
    default_remedy = "Send the address of the account that is to be deleted; GET /api/v1/auth/me shows it."


class BodyTooLargeError(PlatformError):
    """The body is larger than any sound request to this address."""

    code = "body_too_large"
    kind = ErrorKind.TOO_LARGE
    title = "The body is too large"
    default_remedy = "Send only the documented fields."
