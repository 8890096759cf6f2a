"""Fields of API tokens: read by the rules of the domain."""

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from auth.domain.tokens.api_tokens import MAX_SCOPES, MAX_SOURCE_RANGES
from contracts.scopes import ACTIONS, MAX_SCOPE_LENGTH, action_of

_MAX_RANGE_LENGTH = 64


def _read_scope(value: str) -> str:
    if action_of(value) is None:
        raise PydanticCustomError(
            "scope_invalid",
            "a scope is one of {actions}, alone or with a pattern of plugin ids after a colon",
            {"actions": ", ".join(ACTIONS)},
        )
    return value


def _read_range(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError as error:
        raise PydanticCustomError(
            "range_invalid", "a source range is a network in CIDR form, without bits of a host"
        ) from error


ScopeField = Annotated[
    str,
    Field(max_length=MAX_SCOPE_LENGTH),
    AfterValidator(_read_scope),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": MAX_SCOPE_LENGTH,
            "pattern": f"^({'|'.join(ACTIONS)})(:[a-z0-9*-]{{1,64}})?$",
            "examples": ["versions:publish:chart-*"],
        }
    ),
]
ScopesField = Annotated[
    list[ScopeField],
    Field(min_length=1, max_length=MAX_SCOPES, description="What the token is for; its account's rights are the limit"),
]
RangesField = Annotated[
    list[
        Annotated[
            str,
            Field(max_length=_MAX_RANGE_LENGTH, examples=["192.0.2.0/24"]),
            AfterValidator(_read_range),
        ]
    ],
    Field(max_length=MAX_SOURCE_RANGES, description="Networks from which it may be used; none means any"),
]
