"""Verdicts of checks, and what they allow.

Activation needs the *presence* of a verdict that passes from every required check. There is no "skipped": a check that
failed to run leaves the verdict ``error``, one that never ran leaves none, and neither lets a version out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

VerdictStatus = Literal["pass", "hold", "block", "error"]
Severity = Literal["info", "hold", "block"]

MANIFEST_CHECK = "manifest"
TEXT_CHECK = "text"
INVISIBLE_CODE_CHECK = "invisible-code"
SOURCE_MAP_CHECK = "source-map"

REQUIRED_CHECKS: tuple[str, ...] = (MANIFEST_CHECK, TEXT_CHECK, INVISIBLE_CODE_CHECK, SOURCE_MAP_CHECK)
"""The one list of what must have passed before a version becomes public."""

MAX_FINDINGS = 50
"""Of one check; a developer corrects the first ones and sends again."""

BUNDLE_FILE = "bundle.js"
SOURCE_MAP_FILE = "bundle.js.map"
MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check has to say.

    Parameters
    ----------
    rule
        Stable id, such as ``U1``.
    severity
        ``block`` refuses the submission, ``hold`` asks a reviewer, ``info`` only tells.
    file
        Such as ``bundle.js``.
    line
        From 1; None where the whole file is meant.
    detail
        What is there.
    remedy
        What to change.
    """

    rule: str
    severity: Severity
    file: str
    line: int | None
    detail: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one check says of one submission.

    Parameters
    ----------
    check
        One of `REQUIRED_CHECKS`.
    status
        The gravest finding's severity; ``error`` when the check did not come to an end.
    check_version
        Raised whenever the check's rules change.
    input_sha256
        The content digest of the submission that was looked at.
    findings
        At most `MAX_FINDINGS`.
    """

    check: str
    status: VerdictStatus
    check_version: str
    input_sha256: str
    findings: tuple[Finding, ...] = field(default=())


def status_of(findings: Sequence[Finding]) -> VerdictStatus:
    """Give the verdict that findings amount to."""
    severities = {finding.severity for finding in findings}
    if "block" in severities:
        return "block"
    return "hold" if "hold" in severities else "pass"


def outcome_of(verdicts: Mapping[str, Verdict], *, content_sha256: str) -> VerdictStatus:
    """Sum up the verdicts of a submission.

    Parameters
    ----------
    verdicts
        Check → verdict.
    content_sha256
        The submission's content digest; a verdict on anything else counts as absent.

    Returns
    -------
    str
        ``block`` when any check blocks; ``error`` when a required one is absent or failed; ``hold`` when any asks for
        a reviewer; ``pass`` only when each required check passed.
    """
    statuses = [verdict.status for verdict in verdicts.values() if verdict.input_sha256 == content_sha256]
    if "block" in statuses:
        return "block"
    if unfinished_checks(verdicts, content_sha256=content_sha256) or "error" in statuses:
        return "error"
    return "hold" if "hold" in statuses else "pass"


def unfinished_checks(verdicts: Mapping[str, Verdict], *, content_sha256: str) -> list[str]:
    """Name the required checks that have not come to an end on this content."""
    return [
        check
        for check in REQUIRED_CHECKS
        if check not in verdicts or verdicts[check].status == "error" or verdicts[check].input_sha256 != content_sha256
    ]


def obstacles_to_release(
    verdicts: Mapping[str, Verdict], *, content_sha256: str, accepted_checks: frozenset[str]
) -> list[str]:
    """Say what stands between a submission and its release.

    Parameters
    ----------
    verdicts
        Check → verdict.
    content_sha256
        The content digest of what is to be released.
    accepted_checks
        Checks whose ``hold`` a reviewer accepted by name.

    Returns
    -------
    list
        One sentence for each obstacle; empty when the version may become public.
    """
    found = [
        f"the check {check!r} has no verdict on these bytes"
        for check in unfinished_checks(verdicts, content_sha256=content_sha256)
    ]
    for check, verdict in sorted(verdicts.items()):
        if verdict.status == "block":
            found.append(f"the check {check!r} refuses it")
        elif verdict.status == "hold" and check not in accepted_checks:
            found.append(f"no reviewer has accepted the findings of the check {check!r}")
    return found
