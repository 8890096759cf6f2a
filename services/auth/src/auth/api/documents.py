"""How refusals stand in the API document."""

from typing import Any


def problem(description: str) -> dict[str, Any]:
    """Describe a refusal, whose body is a problem document."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}
