"""A submission: one attempt to publish one version, from receipt to release."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from contracts.manifest import DEFAULT_MINIMUM_PLATFORM_VERSION
from publishing.domain.verdicts import BUNDLE_FILE, SOURCE_MAP_FILE

SubmissionStatus = Literal[
    "received",
    "scanning",
    "held",
    "awaiting_review",
    "approved",
    "published",
    "rejected",
    "refused",
    "withdrawn",
]

RELEASED_NUMBER: frozenset[SubmissionStatus] = frozenset({"rejected", "refused", "withdrawn"})
"""States that leave the version number free for another submission."""

WITHDRAWABLE: frozenset[SubmissionStatus] = frozenset({"received", "scanning", "held", "awaiting_review"})
REVIEWABLE: frozenset[SubmissionStatus] = frozenset({"held", "awaiting_review"})

StepName = Literal["received", "checked", "reviewed", "promoted", "published", "cleared"]
StepStatus = Literal["done", "waiting", "failed"]
DecisionVerdict = Literal["approve", "reject"]
ReasonCode = Literal["malware", "policy", "quality", "legal", "metadata", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFile:
    """A file as it was received: its length in bytes and its SHA-256 in lower-case hex."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionContent:
    """What a developer sends: all that is checked, reviewed and published.

    Parameters
    ----------
    manifest
        Found valid by `contracts.manifest.check_manifest`.
    changelog
        May be empty.
    bundle, source_map
        The files; a source map is optional.
    """

    manifest: dict[str, Any]
    changelog: str
    bundle: ReceivedFile
    source_map: ReceivedFile | None

    @property
    def minimum_platform_version(self) -> str:
        """Lowest platform that runs it."""
        return str(self.manifest.get("minimum_platform_version", DEFAULT_MINIMUM_PLATFORM_VERSION))

    def sha256(self) -> str:
        """Give the digest of everything sent, in lower-case hex; equal digests are the same submission."""
        text = json.dumps(
            [
                self.manifest,
                self.changelog,
                self.bundle.sha256,
                self.source_map.sha256 if self.source_map is not None else None,
            ],
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=True,
        )
        return hashlib.sha256(text.encode()).hexdigest()

    def files(self) -> dict[str, ReceivedFile]:
        """Give file name → file."""
        found = {BUNDLE_FILE: self.bundle}
        return found if self.source_map is None else {**found, SOURCE_MAP_FILE: self.source_map}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One submission.

    Parameters
    ----------
    content_sha256
        `SubmissionContent.sha256` at receipt; verdicts name it.
    attempts
        How often a step has failed in a row.
    traceparent
        Trace context of the upload.
    cleared_at
        When its files left quarantine; None while they are there.
    """

    id: UUID
    plugin_id: str
    version: str
    submitter_id: UUID
    submitter_name: str
    status: SubmissionStatus
    content: SubmissionContent
    content_sha256: str
    attempts: int
    traceparent: str | None
    cleared_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far a submission is with one step of its way; `detail` is a sentence for the developer, or None."""

    name: StepName
    status: StepStatus
    detail: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a reviewer decided.

    Parameters
    ----------
    accepted_checks
        Checks whose ``hold`` findings the reviewer accepted by approving.
    """

    reviewer_id: UUID
    reviewer_name: str
    verdict: DecisionVerdict
    reason_code: ReasonCode | None
    text: str | None
    accepted_checks: tuple[str, ...]
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A submission that this worker holds for a while; `token` proves it in every write."""

    submission_id: UUID
    token: UUID
    status: SubmissionStatus
    traceparent: str | None
