"""The refusals around API tokens, device login and trusted publishing, each with its stable code."""

from types import MappingProxyType

from chassis.errors import ErrorKind, PlatformError


class TokenUnknownError(PlatformError):
    """There is no such API token: it never was, expired, or was revoked; which is not said."""

    code = "token_unknown"
    kind = ErrorKind.UNAUTHENTICATED
    title = "The API token is unknown, expired or revoked"
    default_remedy = "Make another with POST /api/v1/auth/tokens."


class TokenSourceRefusedError(PlatformError):
    """The API token is not for use from this network address."""

    code = "token_source_refused"
    kind = ErrorKind.FORBIDDEN
    title = "The API token is not for use from this address"
    default_remedy = "Use it from one of its source ranges, or make another with POST /api/v1/auth/tokens."


class TokenNotFoundError(PlatformError):
    """The account has no API token of this id; nothing was changed."""

    code = "token_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "The account has no such API token"
    default_remedy = "List the tokens with GET /api/v1/auth/tokens."


class TooManyTokensError(PlatformError):
    """The account has as many API tokens as it may; nothing was made."""

    code = "too_many_tokens"
    kind = ErrorKind.CONFLICT
    title = "The account has too many API tokens"
    default_remedy = "Revoke one that is not used: GET /api/v1/auth/tokens says when each last was."


class ScopeNotUsableError(PlatformError):
    """The account could do nothing with a scope; nothing was made."""

    code = "scope_not_usable"
    kind = ErrorKind.FORBIDDEN
    title = "The account itself may not do what the token would be for"
    default_remedy = "Leave the scope out, or become a developer first: POST /api/v1/developer/register."


class AssertionUsedError(PlatformError):
    """A token was minted for this assertion already; nothing was made."""

    code = "assertion_replayed"
    kind = ErrorKind.CONFLICT
    title = "The identity token was used before"
    default_remedy = "Ask the issuer for a fresh identity token; each gives one publishing token."


class DeviceLoginNotFoundError(PlatformError):
    """No login of a device waits for a decision under this code; nothing was changed."""

    code = "device_login_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "No device waits under this code"
    default_remedy = "Check the code that the device shows; it is good for ten minutes. Else begin anew on the device."


class DevicePendingError(PlatformError):
    """Nobody has decided yet."""

    code = "authorization_pending"
    kind = ErrorKind.MALFORMED
    title = "Nobody has decided yet"
    default_remedy = "Ask again after the interval."
    extensions = MappingProxyType({"error": "authorization_pending"})


class DeviceHastyError(PlatformError):
    """The device asks too often; its interval is five seconds longer from now on."""

    code = "slow_down"
    kind = ErrorKind.MALFORMED
    title = "The device asks too often"
    default_remedy = "Ask again after the interval, which is five seconds longer from now on."
    extensions = MappingProxyType({"error": "slow_down"})


class DeviceDeniedError(PlatformError):
    """Somebody has said no."""

    code = "access_denied"
    kind = ErrorKind.MALFORMED
    title = "The login was denied"
    default_remedy = "Begin anew with POST /api/v1/auth/device/code if that was a mistake."
    extensions = MappingProxyType({"error": "access_denied"})


class DeviceExpiredError(PlatformError):
    """The code is over, was used, or never was."""

    code = "expired_token"
    kind = ErrorKind.MALFORMED
    title = "The device code is over"
    default_remedy = "Begin anew with POST /api/v1/auth/device/code."
    extensions = MappingProxyType({"error": "expired_token"})
