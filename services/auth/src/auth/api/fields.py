"""The fields of bodies: read by the rules of the domain, never quoted in a refusal."""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from auth.domain.common_passwords import is_common
from auth.domain.emails import MAX_EMAIL_LENGTH, Email, EmailInvalidError, parse_email
from auth.domain.names import MAX_NAME_LENGTH, NameInvalidError, parse_name
from auth.domain.passwords import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, measure

_MAX_RAW_NAME_LENGTH = 400
_MAX_WEBSITE_LENGTH = 300


def _read_email(value: Any) -> Email:  # noqa: ANN401 - any JSON value
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "Input should be a valid string")
    try:
        return parse_email(value)
    except EmailInvalidError as error:
        # The sentence is a plain argument, so that braces in it are not taken for a template.
        raise PydanticCustomError("email_invalid", "{reason}", {"reason": str(error)}) from error


def _read_name(value: str) -> str:
    try:
        return parse_name(value)
    except NameInvalidError as error:
        raise PydanticCustomError("name_invalid", "{reason}", {"reason": str(error)}) from error


def _read_website(value: str) -> str:
    try:
        parts = urlsplit(value)
        is_sound = parts.scheme in {"http", "https"} and parts.hostname and parts.username is None and parts.port != 0
    except ValueError:
        is_sound = False
    if not is_sound or any(character.isspace() or not character.isprintable() for character in value):
        raise PydanticCustomError("url_invalid", "a website is an http or https address without credentials")
    return value


def _hidden(minimum: int) -> Callable[[SecretStr], SecretStr]:
    def check(value: SecretStr) -> SecretStr:
        password = value.get_secret_value()
        if len(password) > MAX_PASSWORD_LENGTH or measure(password) < minimum:
            raise PydanticCustomError(
                "password_length",
                "a password has {minimum} to {maximum} characters",
                {"minimum": minimum, "maximum": MAX_PASSWORD_LENGTH},
            )
        return value

    return check


def _uncommon(value: SecretStr) -> SecretStr:
    if is_common(value.get_secret_value()):
        raise PydanticCustomError("password_common", "the password is among those that everybody tries first")
    return value


EmailField = Annotated[
    Email,
    BeforeValidator(_read_email),
    WithJsonSchema(
        {"type": "string", "format": "email", "maxLength": MAX_EMAIL_LENGTH, "examples": ["ann@example.com"]}
    ),
]
NameField = Annotated[
    str,
    Field(max_length=_MAX_RAW_NAME_LENGTH),
    AfterValidator(_read_name),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_NAME_LENGTH, "examples": ["Ann Example"]}),
]
NewPassword = Annotated[
    SecretStr,
    AfterValidator(_hidden(MIN_PASSWORD_LENGTH)),
    AfterValidator(_uncommon),
    WithJsonSchema(
        {
            "type": "string",
            "format": "password",
            "writeOnly": True,
            "minLength": MIN_PASSWORD_LENGTH,
            "maxLength": MAX_PASSWORD_LENGTH,
            "description": "Any characters; none of the passwords that everybody tries first (`password_common`).",
        }
    ),
]
Password = Annotated[
    SecretStr,
    AfterValidator(_hidden(1)),
    WithJsonSchema(
        {"type": "string", "format": "password", "writeOnly": True, "minLength": 1, "maxLength": MAX_PASSWORD_LENGTH}
    ),
]
Website = Annotated[
    str,
    Field(max_length=_MAX_WEBSITE_LENGTH),
    AfterValidator(_read_website),
    WithJsonSchema({"type": "string", "format": "uri", "maxLength": _MAX_WEBSITE_LENGTH}),
]
