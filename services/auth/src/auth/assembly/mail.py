"""Confirming addresses, resetting passwords, and the sender of mails."""

from auth.api.mail_dependencies import MailUseCases
from auth.assembly.parts import Parts
from auth.clients.smtp import SmtpMailer, SmtpServer
from auth.config import RelaySettings, ServeSettings
from auth.usecases.entrance import Entrance
from auth.usecases.mail.apply_for_account import ApplyForAccount
from auth.usecases.mail.confirm_address import ConfirmAddress
from auth.usecases.mail.confirm_registration import ConfirmRegistration
from auth.usecases.mail.request_mail import RequestMail
from auth.usecases.mail.reset_password import ResetPassword
from auth.usecases.mail.send_mails import SendMails
from auth.usecases.mail.token_guard import TokenGuard
from chassis.db import Database


def build_mail_use_cases(settings: ServeSettings, parts: Parts) -> MailUseCases:
    """Build what the routes are given."""
    database, passwords, limiter = parts.database, parts.passwords, parts.limiter
    guard = TokenGuard(limiter=limiter)
    return MailUseCases(
        request_mail=RequestMail(database=database, limiter=limiter),
        confirm_address=ConfirmAddress(database=database, guard=guard),
        reset_password=ResetPassword(database=database, passwords=passwords, sessions=parts.sessions, guard=guard),
        apply_for_account=ApplyForAccount(database=database, passwords=passwords, limiter=limiter),
        confirm_registration=ConfirmRegistration(
            database=database, passwords=passwords, guard=guard, entrance=Entrance(sessions=parts.sessions)
        ),
        confirms_registrations=settings.registration == "confirmed",
    )


def build_sender(settings: RelaySettings, database: Database) -> SendMails:
    """Build what the sender does; raises `ValueError` where the sender's address is none."""
    server = SmtpServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username,
        password=settings.smtp_password,
        tls=settings.smtp_tls,
    )
    mailer = SmtpMailer(server=server, sender=settings.mail_from)
    return SendMails(database=database, mailer=mailer, origin=settings.public_origin)
