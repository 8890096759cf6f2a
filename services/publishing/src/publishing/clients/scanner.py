"""Runs the scanning process and turns whatever happens into verdicts."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import IO, Any

import structlog

from publishing.domain.checks.registry import CHECKS
from publishing.domain.submissions import Submission
from publishing.domain.verdicts import (
    BUNDLE_FILE,
    MAX_FINDINGS,
    SOURCE_MAP_FILE,
    Finding,
    Verdict,
    status_of,
)

SCAN_COMMAND: tuple[str, ...] = (sys.executable, "-I", "-m", "publishing.clients.scan_program")

_GRACE_SECONDS = 2.0
"""The process ends itself at its limit; this much later it is killed."""

_ERROR_BYTES = 2_000

_log = structlog.get_logger()


class ScanFailedError(Exception):
    """The process could not be started, failed, or took too long."""


class Scanner:
    """Starts one process for each submission.

    Parameters
    ----------
    timeout_seconds
        How long one process may run.
    memory_bytes
        How much address space it may use.
    command
        The program; replaced in tests of what happens when it is absent or hangs.
    """

    def __init__(self, *, timeout_seconds: float, memory_bytes: int, command: Sequence[str] = SCAN_COMMAND) -> None:
        self._timeout_seconds = timeout_seconds
        self._memory_bytes = memory_bytes
        self._command = tuple(command)

    async def scan(self, submission: Submission, files: dict[str, IO[bytes]]) -> list[Verdict]:
        """Give a verdict of every check; ``error`` for each that did not come to an end.

        Parameters
        ----------
        submission
            Names the content.
        files
            File name → open file on disk, verified to be what was received.

        Returns
        -------
        list
            One verdict for each of `CHECKS`; never raises for a fault of the scanner.
        """
        reason = "it gave no verdict"
        lines: list[bytes] = []
        try:
            lines = await self._run(submission, files)
        except ScanFailedError as error:
            reason = str(error)
            _log.warning("scan_failed", submission_id=str(submission.id), reason=reason)
        found = dict(self._verdicts(lines, submission.content_sha256))
        return [
            found.get(check.name) or _no_verdict(check.name, check.version, submission.content_sha256, reason)
            for check in CHECKS
        ]

    async def _run(self, submission: Submission, files: dict[str, IO[bytes]]) -> list[bytes]:
        with ExitStack() as stack:
            manifest = stack.enter_context(tempfile.TemporaryFile())
            manifest.write(json.dumps(submission.content.manifest).encode())
            manifest.flush()
            descriptors = [manifest.fileno(), files[BUNDLE_FILE].fileno()]
            if SOURCE_MAP_FILE in files:
                descriptors.append(files[SOURCE_MAP_FILE].fileno())
            return await self._communicate(descriptors)

    async def _communicate(self, descriptors: list[int]) -> list[bytes]:
        limits = [str(int(self._timeout_seconds) or 1), str(self._memory_bytes)]
        numbers = [str(number) for number in [*descriptors, -1][:3]]
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, *limits, *numbers,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                pass_fds=descriptors, env={}, cwd="/",
            )  # fmt: skip
        except OSError as error:
            raise ScanFailedError(f"the scanning process did not start: {error.strerror}") from error
        try:
            output, errors = await asyncio.wait_for(process.communicate(), self._timeout_seconds + _GRACE_SECONDS)
        except TimeoutError as error:
            raise ScanFailedError("the scanning process took too long") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            tail = errors[-_ERROR_BYTES:].decode("utf-8", "replace")
            _log.warning("scanning_process_failed", returncode=process.returncode, errors=tail)
            # Lines that came out before are kept: each is a check that came to its end.
        return output.splitlines()

    @staticmethod
    def _verdicts(lines: list[bytes], content_sha256: str) -> Iterator[tuple[str, Verdict]]:
        names = {check.name for check in CHECKS}
        for line in lines:
            try:
                value: dict[str, Any] = json.loads(line)
                findings = tuple(Finding(**finding) for finding in value["findings"][:MAX_FINDINGS])
                name, version = str(value["check"]), str(value["version"])
            except (ValueError, KeyError, TypeError):
                _log.warning("scanner_line_unreadable")
                continue
            if name in names:
                verdict = Verdict(
                    check=name,
                    status=status_of(findings),
                    check_version=version,
                    input_sha256=content_sha256,
                    findings=findings,
                )
                yield name, verdict


def _no_verdict(check: str, version: str, content_sha256: str, reason: str) -> Verdict:
    finding = Finding(
        rule="check-failed",
        severity="hold",
        file=BUNDLE_FILE,
        line=None,
        detail=f"the check did not come to an end: {reason}",
        remedy="Nothing to do: the check is run again.",
    )
    return Verdict(check=check, status="error", check_version=version, input_sha256=content_sha256, findings=(finding,))
