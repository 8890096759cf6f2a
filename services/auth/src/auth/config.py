"""What each role reads from the environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from chassis.settings import DatabaseSettings, OutboxRelaySettings

_DAY_SECONDS = 24 * 60 * 60


class MigrateSettings(DatabaseSettings):
    """The migrations."""


class AuditSettings(DatabaseSettings):
    """The operator's check of the audit."""


class EventsSettings(OutboxRelaySettings):
    """The operator's commands around the outbox."""


class RelaySettings(OutboxRelaySettings):
    """The relay of the outbox, and beside it the sealer of the audit, the expiry of visitors and the sender of mails.

    `mail_from` is the sender of mails, `public_origin` the address by which they name the platform. `smtp_tls` is none
    only for a server on the same machine.
    """

    smtp_host: str
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: Literal["none", "starttls", "tls"] = "starttls"
    mail_from: str
    public_origin: str = Field(pattern=r"^https?://[^/\s]+$")
    anonymous_idle_days: int = Field(default=90, ge=1, le=3_650)


class SessionSettings(DatabaseSettings):
    """What opens and changes sessions: the private key signs identities, the rest are limits.

    `limits` gives other figures to some of `auth.domain.limits.LIMITS`, as in ``sign-in=10/300 mail-account=3/1800``.
    """

    redis_url: SecretStr
    identity_private_key_file: Path
    session_ttl_seconds: int = Field(default=7 * _DAY_SECONDS, ge=60, le=90 * _DAY_SECONDS)
    session_max_life_seconds: int = Field(default=30 * _DAY_SECONDS, ge=60, le=365 * _DAY_SECONDS)
    sessions_per_account: int = Field(default=50, ge=1, le=1_000)
    limits: str = ""


class EnsureUserSettings(SessionSettings):
    """The operator's command."""


class ServeSettings(SessionSettings):
    """The HTTP server; `internal_token` is shared with the gateway and publishing, `cookie_secure` is for https.

    `second_factor_key_file` has the key of secrets that have to be read again; `public_origin` is what browsers show,
    and `webauthn_rp_id` the domain that security keys are bound to, where it is not the origin's host.
    `registration` is ``confirmed`` (an account opens by the mail to its address) or ``open`` (at once, which tells
    anybody whether an address has an account).
    """

    identity_public_key_file: Path
    internal_token: SecretStr = Field(min_length=16)
    cookie_secure: bool = True
    second_factor_key_file: Path
    public_origin: str = "http://127.0.0.1:8080"
    webauthn_rp_id: str = ""
    registration: Literal["open", "confirmed"] = "confirmed"
