"""Trusted publishing: which jobs of another platform may publish a plugin, by what they cannot choose themselves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from publishing.domain.trusted_publishing_errors import PublisherInvalidError

MAX_PUBLISHERS = 20
"""Of a plugin."""

MAX_CLAIM_LENGTH = 300
_MAX_CLAIMS_BYTES = 1_500
"""What a unique index takes."""

_NUMERIC_ID = re.compile(r"[0-9]{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedIssuer:
    """Another platform whose identity tokens are taken.

    Parameters
    ----------
    name
        What developers call it.
    url
        The claim ``iss`` of its tokens.
    jwks_url
        Where its public keys are.
    audience
        The claim ``aud`` of tokens that are meant for this platform.
    ids
        Claims that every publisher pins: numeric ids, which no new repository of an old name has.
    narrowing
        Claims that a publisher may pin besides, such as the workflow.
    """

    name: str
    url: str
    jwks_url: str
    audience: str
    ids: tuple[str, ...]
    narrowing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """A job that may publish a plugin, for the account that said so.

    Parameters
    ----------
    claims
        What its identity tokens have to say.
    """

    id: UUID
    plugin_id: str
    issuer: str
    claims: Mapping[str, str]
    created_by: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """An identity token that was verified; `expires_at` in seconds since the epoch."""

    issuer: TrustedIssuer
    jti: str
    expires_at: int
    claims: Mapping[str, object]


def check_claims(issuer: TrustedIssuer, claims: Mapping[str, str]) -> None:
    """Refuse a publisher that pins too little, or what the issuer does not state; raises `PublisherInvalidError`."""
    for name in issuer.ids:
        if not _NUMERIC_ID.fullmatch(claims.get(name, "")):
            raise PublisherInvalidError(f"{issuer.name!r} needs the numeric id {name!r}")
    unknown = sorted(set(claims) - {*issuer.ids, *issuer.narrowing})
    if unknown:
        raise PublisherInvalidError(f"{issuer.name!r} has no claim {unknown[0][:50]!r} to pin")
    if any(not value or len(value) > MAX_CLAIM_LENGTH or not value.isprintable() for value in claims.values()):
        raise PublisherInvalidError(f"a claim has 1 to {MAX_CLAIM_LENGTH} printable characters")
    if sum(len(value.encode()) for value in claims.values()) > _MAX_CLAIMS_BYTES:
        raise PublisherInvalidError(f"the claims have more than {_MAX_CLAIMS_BYTES} bytes together")


def matches(publisher: Publisher, assertion: Assertion) -> bool:
    """Say whether an assertion is what a publisher pins, every claim of it.

    A pinned value without ``@`` is good for every git reference: ``…/release.yml`` for ``…/release.yml@refs/tags/v1``.
    """
    return publisher.issuer == assertion.issuer.name and all(
        _agrees(wanted, assertion.claims.get(name)) for name, wanted in publisher.claims.items()
    )


def _agrees(wanted: str, stated: object) -> bool:
    if isinstance(stated, bool) or not isinstance(stated, str | int):
        return False
    text = str(stated)
    return wanted == text or ("@" not in wanted and wanted == text.partition("@")[0])
