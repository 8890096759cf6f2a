"""What people can set for a plugin of each family, as JSON Schema, with one set that fits and one that does not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LOCALE = {
    "type": "string",
    "title": "Language and region",
    "pattern": "^[a-z]{2,3}(-[A-Z]{2})?$",
    "default": "en",
}
_MAX_ITEMS = {"type": "integer", "title": "Most items shown", "minimum": 1, "maximum": 1000, "default": 50}


def _choice(title: str, *values: str) -> dict[str, Any]:
    """Describe a choice whose default is its first value."""
    return {"type": "string", "title": title, "enum": list(values), "default": values[0]}


def _switch(title: str, *, default: bool) -> dict[str, Any]:
    return {"type": "boolean", "title": title, "default": default}


def _number(title: str, *, least: float, most: float, default: float) -> dict[str, Any]:
    return {"type": "number", "title": title, "minimum": least, "maximum": most, "default": default}


_THEME = _choice("Theme", "light", "dark", "system")


@dataclass(frozen=True)
class Family:
    """One kind of plugin.

    Parameters
    ----------
    tags
        Words under which people find plugins of the family.
    properties
        JSON Schemas of its settings by name.
    valid
        Settings that a user may choose.
    invalid
        Settings that the platform must refuse; one value is wrong.
    invalid_pointer
        The JSON pointer to that value, below the settings.
    """

    tags: tuple[str, ...]
    properties: Mapping[str, Any]
    valid: Mapping[str, Any]
    invalid: Mapping[str, Any]
    invalid_pointer: str

    @property
    def settings_schema(self) -> dict[str, Any]:
        """The `settings_schema` of a manifest."""
        return {"type": "object", "additionalProperties": False, "properties": dict(self.properties)}


def _family(tags: str, properties: dict[str, Any], valid: dict[str, Any], invalid: dict[str, Any]) -> Family:
    pointer = f"/{next(iter(invalid))}"
    return Family(tuple(tags.split()), properties, valid, valid | invalid, pointer)


FAMILIES: dict[str, Family] = {
    "chart": _family(
        "chart graphics",
        {"theme": _THEME, "animate": _switch("Animate changes", default=True), "maxItems": _MAX_ITEMS},
        {"theme": "dark", "maxItems": 200},
        {"maxItems": "many"},
    ),
    "graph": _family(
        "graph layout",
        {"direction": _choice("Direction", "down", "right"), "maxItems": _MAX_ITEMS},
        {"direction": "right"},
        {"direction": "sideways"},
    ),
    "markdown": _family(
        "markdown html",
        {"breaks": _switch("Keep line breaks", default=False), "theme": _THEME},
        {"breaks": True},
        {"breaks": "yes"},
    ),
    "date": _family(
        "date time",
        {"locale": _LOCALE, "firstDayOfWeek": {"type": "integer", "minimum": 0, "maximum": 6, "default": 1}},
        {"locale": "de-AT", "firstDayOfWeek": 0},
        {"firstDayOfWeek": 7},
    ),
    "editor": _family(
        "code editor",
        {"theme": _THEME, "tabSize": {"type": "integer", "minimum": 1, "maximum": 16, "default": 4}},
        {"theme": "dark", "tabSize": 2},
        {"tabSize": 0},
    ),
    "map": _family(
        "map geometry",
        {"units": _choice("Units", "metric", "imperial"), "zoom": _number("Zoom", least=0, most=22, default=10)},
        {"units": "imperial", "zoom": 14.5},
        {"zoom": 23},
    ),
    "table": _family(
        "table data",
        {"maxItems": _MAX_ITEMS, "header": _switch("First row is the header", default=True)},
        {"maxItems": 500, "header": False},
        {"maxItems": 0},
    ),
    "search": _family(
        "search data",
        {"maxItems": _MAX_ITEMS, "tolerance": _number("Tolerance", least=0, most=1, default=0.4)},
        {"tolerance": 0.2},
        {"tolerance": 2},
    ),
    "i18n": _family(
        "i18n language",
        {"locale": _LOCALE, "fallback": _switch("Show the key where a text is missing", default=True)},
        {"locale": "pt-BR"},
        {"locale": "portuguese"},
    ),
    "text": _family(
        "text",
        {"locale": _LOCALE, "strict": _switch("Strict", default=False)},
        {"strict": True},
        {"strict": 1},
    ),
    "template": _family(
        "template html",
        {"escape": _switch("Escape markup", default=True), "maxItems": _MAX_ITEMS},
        {"escape": True, "maxItems": 10},
        {"maxItems": 1.5},
    ),
    "color": _family(
        "color design",
        {
            "space": _choice("Colour space", "rgb", "hsl", "lab"),
            "digits": _number("Digits", least=0, most=8, default=2),
        },
        {"space": "lab"},
        {"space": "purple"},
    ),
    "animation": _family(
        "animation motion",
        {"duration": {"type": "integer", "title": "Milliseconds", "minimum": 0, "maximum": 60000, "default": 400}},
        {"duration": 250},
        {"duration": -1},
    ),
    "math": _family(
        "math number",
        {"precision": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}, "locale": _LOCALE},
        {"precision": 40},
        {"precision": 1000},
    ),
    "widget": _family(
        "widget component",
        {"theme": _THEME, "compact": _switch("Compact", default=False)},
        {"theme": "system", "compact": True},
        {"theme": "neon"},
    ),
}
"""By the name that the catalogue uses."""
