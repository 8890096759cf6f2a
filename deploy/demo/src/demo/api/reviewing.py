"""What a reviewer does: read the queue, decide."""

from typing import cast

import httpx

from demo.api.caller import Answer, Caller
from demo.api.shapes import Submission
from demo.catalogue import Rejection
from demo.errors import UnexpectedAnswerError


class ReviewingApi:
    """The review queue.

    Parameters
    ----------
    caller
        A signed-in reviewer.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def queue(self) -> list[Submission]:
        """Read everything that waits for a decision, oldest first."""
        found: list[Submission] = []
        cursor: str | None = None
        while True:
            query = {"limit": 100} | ({"cursor": cursor} if cursor else {})
            page = (await self._caller.call("GET", "/api/v1/review/queue", query=query)).json()
            found += page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                return found

    async def approve(self, submission_id: str) -> None:
        """Approve; that this very call had approved it already is as good."""
        body = {"verdict": "approve", "text": "The bundle is the npm package's own, unchanged."}
        await self._decide(submission_id, body)

    async def reject(self, submission_id: str, reason: Rejection) -> None:
        """Reject with a reason; that this very call had rejected it already is as good."""
        body = {"verdict": "reject", "reason_code": reason.reason_code, "text": reason.text}
        await self._decide(submission_id, body)

    async def submission(self, submission_id: str) -> Submission:
        """Read a submission as the reviewer sees it."""
        return cast(
            "Submission", (await self._caller.call("GET", f"/api/v1/review/submissions/{submission_id}")).json()
        )

    async def _decide(self, submission_id: str, body: dict[str, str]) -> Answer:
        answer = await self._caller.call(
            "POST",
            f"/api/v1/review/submissions/{submission_id}/decision",
            body=body,
            expect=(httpx.codes.OK, httpx.codes.ACCEPTED, httpx.codes.CONFLICT),
        )
        if answer.status != httpx.codes.CONFLICT:
            return answer
        decision = (await self.submission(submission_id))["decision"]
        if decision is None or decision["verdict"] != body["verdict"]:
            raise UnexpectedAnswerError(
                f"The decision on {submission_id} was refused: {answer.code}.",
                remedy="Another reviewer has decided otherwise. Look at it in the review queue.",
            )
        return answer
