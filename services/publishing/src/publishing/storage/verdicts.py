"""Rows of `scan_verdicts`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from publishing.domain.verdicts import Finding, Verdict

_RECORD = text(
    "INSERT INTO scan_verdicts (submission_id, check_name, status, check_version, input_sha256, findings)"
    " VALUES (:submission_id, :check_name, :status, :check_version, :input_sha256, :findings)"
    " ON CONFLICT (submission_id, check_name) DO UPDATE SET status = excluded.status,"
    " check_version = excluded.check_version, input_sha256 = excluded.input_sha256, findings = excluded.findings,"
    " at = clock_timestamp()"
).bindparams(bindparam("findings", type_=JSONB))
_LIST = text(
    "SELECT check_name, status, check_version, input_sha256, findings, at FROM scan_verdicts"
    " WHERE submission_id = :submission_id ORDER BY check_name"
)


async def record_verdict(connection: AsyncConnection, *, submission_id: UUID, verdict: Verdict) -> None:
    """Write a check's verdict; replaces an earlier one of the same check."""
    values = {
        "submission_id": submission_id,
        "check_name": verdict.check,
        "status": verdict.status,
        "check_version": verdict.check_version,
        "input_sha256": verdict.input_sha256,
        "findings": [asdict(finding) for finding in verdict.findings],
    }
    await connection.execute(_RECORD, values)


async def list_verdicts(connection: AsyncConnection, submission_id: UUID) -> Sequence[tuple[Verdict, datetime]]:
    """List the verdicts and when they were given, by name of check."""
    rows = await connection.execute(_LIST, {"submission_id": submission_id})
    return [
        (
            Verdict(
                check=row.check_name,
                status=row.status,
                check_version=row.check_version,
                input_sha256=row.input_sha256,
                findings=tuple(Finding(**finding) for finding in row.findings),
            ),
            row.at,
        )
        for row in rows
    ]


async def map_verdicts(connection: AsyncConnection, submission_id: UUID) -> Mapping[str, Verdict]:
    """Give check → verdict."""
    return {verdict.check: verdict for verdict, _ in await list_verdicts(connection, submission_id)}
