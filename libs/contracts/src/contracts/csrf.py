"""The token by which a client that tells no origin shows that it has read an answer of its session's."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

CSRF_HEADER = "x-csrf-token"


def csrf_token(session_id: str) -> str:
    """Give a session's token: nobody can make it without the id, nor the id from it, and nobody has to keep it."""
    digest = hmac.digest(session_id.encode(), b"csrf", hashlib.sha256)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
