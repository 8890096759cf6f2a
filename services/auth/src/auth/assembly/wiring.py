"""What the routes are given."""

from auth.api.cookies import CookiePolicy
from auth.api.dependencies import Wiring
from auth.assembly.mail import build_mail_use_cases
from auth.assembly.organisations import build_organisations
from auth.assembly.parts import Parts
from auth.assembly.second_factor import build_second_factor
from auth.assembly.tokens import build_tokens
from auth.config import ServeSettings
from auth.usecases.administer_roles import AdministerRoles
from auth.usecases.change_password import ChangePassword
from auth.usecases.delete_account import DeleteAccount
from auth.usecases.entrance import Entrance
from auth.usecases.export_account import ExportAccount
from auth.usecases.list_audit import ListAudit
from auth.usecases.mint_anonymous import MintAnonymous
from auth.usecases.own_sessions import OwnSessions
from auth.usecases.present_password import PresentPassword
from auth.usecases.register_account import RegisterAccount
from auth.usecases.register_developer import RegisterDeveloper
from auth.usecases.renew_session import RenewSession
from auth.usecases.show_account import ShowAccount
from auth.usecases.show_developer_profile import ShowDeveloperProfile
from auth.usecases.sign_in import SignIn
from auth.usecases.sign_in_guard import SignInGuard
from auth.usecases.sign_out import SignOut


def build_wiring(settings: ServeSettings, parts: Parts) -> Wiring:
    """Build the use cases of every route."""
    database, sessions, passwords = parts.database, parts.sessions, parts.passwords
    entrance = Entrance(sessions=sessions)
    guard = SignInGuard(limiter=parts.limiter, database=database)
    present_password = PresentPassword(database=database, passwords=passwords, guard=guard)
    second_factor = build_second_factor(settings, parts, entrance=entrance, present_password=present_password)
    return Wiring(
        register_account=RegisterAccount(
            database=database, passwords=passwords, limiter=parts.limiter, entrance=entrance
        ),
        sign_in=SignIn(
            database=database,
            passwords=passwords,
            guard=guard,
            entrance=entrance,
            second_step=second_factor.second_step,
        ),
        sign_out=SignOut(database=database, sessions=sessions),
        own_sessions=OwnSessions(database=database, sessions=sessions),
        change_password=ChangePassword(
            database=database, passwords=passwords, present_password=present_password, sessions=sessions
        ),
        show_account=ShowAccount(database=database),
        register_developer=RegisterDeveloper(database=database, sessions=sessions),
        show_developer_profile=ShowDeveloperProfile(database=database),
        renew_session=RenewSession(database=database, sessions=sessions),
        mint_anonymous=MintAnonymous(database=database, sessions=sessions),
        list_audit=ListAudit(database=database),
        second_factor=second_factor,
        tokens=build_tokens(settings, parts),
        administer_roles=AdministerRoles(database=database, sessions=sessions),
        organisations=build_organisations(settings, parts),
        mail=build_mail_use_cases(settings, parts),
        export_account=ExportAccount(database=database, sessions=sessions),
        delete_account=DeleteAccount(database=database, sessions=sessions, tokens=parts.tokens, clock=parts.clock),
        cookies=CookiePolicy(secure=settings.cookie_secure),
        internal_token=settings.internal_token,
    )
