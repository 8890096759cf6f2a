"""One-time codes of an app (RFC 6238): SHA-1, 6 digits, 30 seconds, as every app reads them."""

import hmac
import re
from datetime import datetime

import pyotp

ISSUER_NAME = "Plugin Platform"
STEP_SECONDS = 30
STEPS_ASIDE = 1
"""Steps before and after the present one whose codes are taken: clocks differ, and people type slowly."""

CODE_PATTERN = "^[0-9]{3} ?[0-9]{3}$"
"""As apps show them, with a space or without; no digits of other scripts."""

_CODE = re.compile(r"([0-9]{3}) ?([0-9]{3})")


def new_totp_secret() -> str:
    """Draw a secret: 160 bits in base32."""
    return pyotp.random_base32(32)


def totp_uri(secret: str, *, account: str) -> str:
    """Give the address that apps read from a QR code."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=account, issuer_name=ISSUER_NAME)


def find_totp_step(secret: str, code: str, *, now: datetime, after: int) -> int | None:
    """Give the step whose code this is.

    Parameters
    ----------
    after
        The last step whose code was accepted: neither it nor an earlier one is accepted again.

    Returns
    -------
    int
        The step; None where the code is of no step that may be accepted.
    """
    typed = _CODE.fullmatch(code)
    if typed is None:
        return None
    digits = typed[1] + typed[2]
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    present = int(now.timestamp()) // STEP_SECONDS
    fits = [
        step
        for step in range(present - STEPS_ASIDE, present + STEPS_ASIDE + 1)
        if hmac.compare_digest(totp.generate_otp(step), digits)
    ]
    return next((step for step in fits if step > after), None)
