"""The session cookie."""

from dataclasses import dataclass

from fastapi import Response


@dataclass(frozen=True, slots=True, kw_only=True)
class CookiePolicy:
    """How the session cookie is set.

    Parameters
    ----------
    secure
        True wherever the platform is reached by https: the cookie is then named ``__Host-sid``, which browsers accept
        from this very host over https only. Over plain http it is ``sid``, since clients drop Secure cookies there.
    """

    secure: bool

    @property
    def name(self) -> str:
        """The cookie's name."""
        return "__Host-sid" if self.secure else "sid"

    def set(self, response: Response, session_id: str, *, max_age_seconds: int) -> None:
        """Hand the session to the browser, in an answer that nobody stores."""
        response.set_cookie(
            self.name, session_id, max_age=max_age_seconds, path="/", secure=self.secure, httponly=True, samesite="lax"
        )
        response.headers["cache-control"] = "no-store"

    def clear(self, response: Response) -> None:
        """Make the browser forget the session, in an answer that nobody stores."""
        response.delete_cookie(self.name, path="/", secure=self.secure, httponly=True, samesite="lax")
        response.headers["cache-control"] = "no-store"
