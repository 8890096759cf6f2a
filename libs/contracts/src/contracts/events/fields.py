"""What schemas say of fields. Producers keep these limits at their own door; models do not check them again.

A reader of ours must go on reading when a limit grows in a newer producer, so a limit is a promise and not a check.
Enumerations that may grow are open: readers are told the known values and take any (`x-extensible-enum`).
"""

from typing import Annotated, Any

from pydantic import WithJsonSchema

from contracts.categories import CATEGORY_IDS
from contracts.manifest import manifest_schema
from contracts.slugs import PLUGIN_ID_MAX_LENGTH, PLUGIN_ID_MIN_LENGTH, PLUGIN_ID_PATTERN
from contracts.versions import MAX_VERSION_LENGTH

OPEN_ENUM = "x-extensible-enum"
"""Keyword of an enumeration that may grow within a major version."""


def _text(minimum: int, maximum: int, **more: Any) -> WithJsonSchema:  # noqa: ANN401 - keywords of JSON Schema
    return WithJsonSchema({"type": "string", "minLength": minimum, "maxLength": maximum, **more})


def _manifest() -> dict[str, Any]:
    """Give the manifest's schema as part of another; permissions may grow with the host, so they are open."""
    schema = {key: value for key, value in manifest_schema().items() if key not in {"$schema", "$id", "title"}}
    permissions = schema["properties"]["permissions"]
    opened = {**permissions, "items": {"type": "string", OPEN_ENUM: permissions["items"]["enum"]}}
    return {**schema, "properties": {**schema["properties"], "permissions": opened}}


PluginId = Annotated[str, _text(PLUGIN_ID_MIN_LENGTH, PLUGIN_ID_MAX_LENGTH, pattern=PLUGIN_ID_PATTERN)]
VersionNumber = Annotated[str, _text(5, MAX_VERSION_LENGTH, description="Semantic version without build metadata.")]
PluginName = Annotated[str, _text(1, 100)]
Description = Annotated[str, _text(1, 1000)]
Tag = Annotated[str, _text(1, 50)]
Category = Annotated[str, WithJsonSchema({"type": "string", OPEN_ENUM: sorted(CATEGORY_IDS)})]
License = Annotated[str, _text(1, 100, description="SPDX expression.")]
WebAddress = Annotated[str, _text(1, 500, pattern=r"^https?://[^\s@]+$")]
Changelog = Annotated[str, _text(0, 64 * 1024, description="Markdown; may be empty.")]
Reason = Annotated[str, _text(1, 1000)]
ReviewText = Annotated[str, _text(1, 5000, description="Plain text.")]
PersonName = Annotated[str, _text(1, 80)]
Website = Annotated[str, _text(1, 300, description="An http or https address.")]
Manifest = Annotated[dict[str, Any], WithJsonSchema(_manifest())]
ObjectKey = Annotated[str, _text(1, 1024, description="Key in the bundle bucket.")]
Sha256 = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256."})]
Count = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 0})]
Bytes = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 0, "description": "Bytes."})]
Stars = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 5})]
AverageStars = Annotated[float, WithJsonSchema({"type": "number", "minimum": 0, "maximum": 5})]
