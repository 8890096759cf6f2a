"""What the routes around mails are given."""

from dataclasses import dataclass

from auth.usecases.mail.apply_for_account import ApplyForAccount
from auth.usecases.mail.confirm_address import ConfirmAddress
from auth.usecases.mail.confirm_registration import ConfirmRegistration
from auth.usecases.mail.request_mail import RequestMail
from auth.usecases.mail.reset_password import ResetPassword


@dataclass(frozen=True, slots=True, kw_only=True)
class MailUseCases:
    """Confirming addresses and resetting passwords.

    Parameters
    ----------
    confirms_registrations
        Whether an account opens by its mail only, so that nobody learns whether an address has one.
    """

    request_mail: RequestMail
    confirm_address: ConfirmAddress
    reset_password: ResetPassword
    apply_for_account: ApplyForAccount
    confirm_registration: ConfirmRegistration
    confirms_registrations: bool
