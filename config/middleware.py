"""What every request passes: the language, the log line, the ends of a session, the second factor."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_structlog.middlewares import RequestMiddleware

Next = Callable[[HttpRequest], HttpResponse]


class ChineseFirst(LocaleMiddleware):
    """Chinese until somebody chooses otherwise: the language a browser was installed in says little in an office."""

    def process_request(self, request: HttpRequest) -> None:
        """Take the language of the switch (a cookie), else Chinese."""
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()


class RequestLog(RequestMiddleware):
    """One line as a request begins and one as it ends, under one request id, without the query string."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Method and path only: a query may hold a name or an identity number."""
        return f"{request.method} {request.path}"


class SessionEnds:
    """Ends a session that lay idle, and any session after a working day."""

    BEGAN: Final = "session_began"
    SEEN: Final = "session_seen"
    GRAIN: Final = 60  # seconds between two notes of "seen", so that reading a page does not write a session each time

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(timezone.now().timestamp())
            began = request.session.setdefault(self.BEGAN, now)
            seen = request.session.setdefault(self.SEEN, now)
            if now - seen > settings.SESSION_IDLE.total_seconds():
                return self._end(request, _("您已较长时间没有操作，请重新登录。"))
            if now - began > settings.SESSION_ABSOLUTE.total_seconds():
                return self._end(request, _("本次登录已满时限，请重新登录。"))
            if now - seen > self.GRAIN:
                request.session[self.SEEN] = now
        return self.get_response(request)

    @staticmethod
    def _end(request: HttpRequest, why: str) -> HttpResponse:
        logout(request)
        messages.info(request, why)
        return redirect(settings.LOGIN_URL)


class SecondFactor:
    """Lets a signed-in person no further than the page of the second factor until it is proved."""

    OPEN: Final = frozenset({"login", "logout", "second-factor", "set_language", "health"})

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Send whoever is not verified to the second factor; who is not signed in is the views' own matter."""
        if not settings.OTP_REQUIRED or not request.user.is_authenticated or request.user.is_verified():
            return None
        if request.resolver_match and request.resolver_match.view_name in self.OPEN:
            return None
        return redirect("second-factor")
