"""Bodies about submissions and their review."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from publishing.api.listing_text import Lines
from publishing.api.plugin_schemas import DeveloperPlugin, SubmissionSummary
from publishing.domain.submissions import Decision, DecisionVerdict, ReasonCode, Step, SubmissionStatus
from publishing.domain.verdicts import Finding, Verdict
from publishing.usecases.review import Review
from publishing.usecases.submission_view import SubmissionView


class StepBody(BaseModel):
    """How far one step is."""

    name: Literal["received", "checked", "reviewed", "promoted", "published", "cleared"]
    status: Literal["done", "waiting", "failed"]
    at: datetime
    detail: str | None

    @classmethod
    def of(cls, step: Step) -> Self:
        """Write a step."""
        return cls(name=step.name, status=step.status, at=step.at, detail=step.detail)


class FindingBody(BaseModel):
    """One thing that a check found, and what to do about it."""

    rule: str
    severity: Literal["info", "hold", "block"]
    file: str
    line: int | None
    detail: str
    remedy: str

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """Write a finding."""
        return cls(
            rule=finding.rule,
            severity=finding.severity,
            file=finding.file,
            line=finding.line,
            detail=finding.detail,
            remedy=finding.remedy,
        )


class VerdictBody(BaseModel):
    """What one check says."""

    check: str
    status: Literal["pass", "hold", "block", "error"]
    findings: list[FindingBody]
    at: datetime

    @classmethod
    def of(cls, verdict: Verdict, at: datetime) -> Self:
        """Write a verdict."""
        findings = [FindingBody.of(finding) for finding in verdict.findings]
        return cls(check=verdict.check, status=verdict.status, findings=findings, at=at)


class DecisionBody(BaseModel):
    """What a reviewer decided."""

    verdict: DecisionVerdict
    reason_code: ReasonCode | None
    text: str | None
    accepted_checks: list[str] = Field(description="Checks whose held findings the approval accepts")
    at: datetime

    @classmethod
    def of(cls, decision: Decision | None) -> Self | None:
        """Write a decision, None where there is none."""
        if decision is None:
            return None
        return cls(
            verdict=decision.verdict,
            reason_code=decision.reason_code,
            text=decision.text,
            accepted_checks=list(decision.accepted_checks),
            at=decision.decided_at,
        )


class SubmissionBody(BaseModel):
    """A submission with every step, verdict and reason."""

    id: UUID
    plugin_id: str
    version: str
    status: SubmissionStatus
    file_size_bytes: int
    sha256: str
    source_map_size_bytes: int | None
    source_map_sha256: str | None
    changelog: str
    steps: list[StepBody]
    verdicts: list[VerdictBody]
    decision: DecisionBody | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: SubmissionView) -> Self:
        """Write a submission."""
        submission = view.submission
        source_map = submission.content.source_map
        return cls(
            id=submission.id,
            plugin_id=submission.plugin_id,
            version=submission.version,
            status=submission.status,
            file_size_bytes=submission.content.bundle.size_bytes,
            sha256=submission.content.bundle.sha256,
            source_map_size_bytes=source_map.size_bytes if source_map is not None else None,
            source_map_sha256=source_map.sha256 if source_map is not None else None,
            changelog=submission.content.changelog,
            steps=[StepBody.of(step) for step in view.steps],
            verdicts=[VerdictBody.of(verdict, at) for verdict, at in view.verdicts],
            decision=DecisionBody.of(view.decision),
            created_at=submission.created_at,
            updated_at=submission.updated_at,
        )


class ReviewBody(SubmissionBody):
    """A submission as a reviewer sees it."""

    submitter_id: UUID
    submitter_name: str
    plugin: DeveloperPlugin
    manifest: dict[str, Any]
    bundle_url: str = Field(description="Path below the gateway at which a reviewer downloads the bundle")

    @classmethod
    def with_plugin(cls, review: Review) -> Self:
        """Write a submission for a reviewer."""
        submission = review.view.submission
        return cls(
            **SubmissionBody.of(review.view).model_dump(),
            submitter_id=submission.submitter_id,
            submitter_name=submission.submitter_name,
            plugin=DeveloperPlugin.of(review.plugin),
            manifest=submission.content.manifest,
            bundle_url=f"/api/v1/review/submissions/{submission.id}/bundle",
        )


class QueueBody(BaseModel):
    """A page of what waits for a reviewer, oldest first."""

    items: list[SubmissionSummary]
    next_cursor: str | None
    total: int


class NewDecision(BaseModel):
    """A decision; a rejection needs a reason code and a text, as does (a text) the approval of held findings."""

    model_config = ConfigDict(extra="forbid")

    verdict: DecisionVerdict
    reason_code: ReasonCode | None = None
    text: Annotated[str, StringConstraints(min_length=1, max_length=5000), Lines] | None = None

    @model_validator(mode="after")
    def _reasoned(self) -> Self:
        if self.verdict == "reject" and (self.reason_code is None or self.text is None):
            raise ValueError("a rejection needs 'reason_code' and 'text'")
        return self
