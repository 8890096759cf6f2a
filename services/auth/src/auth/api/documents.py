"""How refusals stand in the API document."""

from typing import Any

Responses = dict[int | str, dict[str, Any]]
"""By status."""

SESSION_COOKIE: dict[str, Any] = {
    "Set-Cookie": {"description": "The new session; the former one has ended.", "schema": {"type": "string"}}
}


def problem(description: str) -> dict[str, Any]:
    """Describe a refusal, whose body is a problem document."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}
