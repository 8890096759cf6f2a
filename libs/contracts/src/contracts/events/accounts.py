"""Facts about accounts; key: the user's id. A fact about a visitor alone has the visitor's id for its key."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from contracts.envelope import EventData
from contracts.events.fields import PersonName, Website
from contracts.topics import ACCOUNTS


class AccountRegistered(EventData):
    """Somebody created an account."""

    event_type: ClassVar[str] = "account.registered.v1"
    topic: ClassVar[str] = ACCOUNTS.name

    user_id: UUID
    name: PersonName
    registered_at: datetime


class DeveloperRegistered(EventData):
    """An account became a developer."""

    event_type: ClassVar[str] = "account.developer-registered.v1"
    topic: ClassVar[str] = ACCOUNTS.name

    user_id: UUID
    display_name: PersonName
    website: Website | None = None
    registered_at: datetime


class AnonymousClaimed(EventData):
    """An anonymous owner signed in: what it owns belongs to the account from now on; what the account has wins."""

    event_type: ClassVar[str] = "account.anonymous-claimed.v1"
    topic: ClassVar[str] = ACCOUNTS.name

    user_id: UUID
    anonymous_id: UUID
    claimed_at: datetime


class AnonymousExpired(EventData):
    """An anonymous owner was idle for so long that what it owns is to be erased; it writes no more. Key: its id."""

    event_type: ClassVar[str] = "account.anonymous-expired.v1"
    topic: ClassVar[str] = ACCOUNTS.name

    anonymous_id: UUID
    expired_at: datetime


class AccountDeleted(EventData):
    """The account is no more: whoever holds personal data of it erases them. It is the last event of its key."""

    event_type: ClassVar[str] = "account.deleted.v1"
    topic: ClassVar[str] = ACCOUNTS.name

    user_id: UUID
    deleted_at: datetime
