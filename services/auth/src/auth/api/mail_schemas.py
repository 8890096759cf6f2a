"""What the addresses around mails take and give."""

from typing import Annotated

from pydantic import BaseModel, Field, SecretStr, StringConstraints

from auth.api.fields import EmailField, NewPassword, Password
from auth.api.schemas import Body
from auth.domain.mail_tokens import MAX_TOKEN_LENGTH

TokenField = Annotated[
    SecretStr, StringConstraints(min_length=1, max_length=MAX_TOKEN_LENGTH), Field(description="The code of the mail.")
]


class TokenBody(Body):
    """The code of a mail."""

    token: TokenField


class ConfirmRegistrationBody(TokenBody):
    """The code of the mail and the password that was chosen with the registration."""

    password: Password


class PasswordResetBody(Body):
    """Who has forgotten the password."""

    email: EmailField


class ConfirmPasswordResetBody(TokenBody):
    """The code of the mail and another password."""

    new_password: NewPassword


class MailPromisedView(BaseModel):
    """A mail is on its way, where there is anything to send; the answer is the same in every case."""

    detail: str = Field(examples=["look into the mail box of the address"])


PROMISED = MailPromisedView(detail="look into the mail box of the address")
